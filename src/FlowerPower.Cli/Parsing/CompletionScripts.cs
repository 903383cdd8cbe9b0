namespace FlowerPower.Cli.Parsing;

/// <summary>What each shell must be told. All of them ask the tool itself, by its suggest directive, for the words that fit at the cursor.</summary>
internal static class CompletionScripts
{
    public static string Of(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => PowerShell,
    };

    private const string Bash =
        """
        # flowerpower: completion for bash
        _flowerpower() {
            local line="${COMP_LINE:0:$COMP_POINT}"
            local word="${COMP_WORDS[COMP_CWORD]}"
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _flowerpower flowerpower

        """;

    private const string Zsh =
        """
        #compdef flowerpower
        # flowerpower: completion for zsh
        _flowerpower() {
            local line="${BUFFER[1,CURSOR]}"
            local -a words_that_fit
            words_that_fit=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- $words_that_fit
        }
        compdef _flowerpower flowerpower

        """;

    private const string Fish =
        """
        # flowerpower: completion for fish
        function __flowerpower_words
            set -l line (commandline -cp)
            flowerpower "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null
        end
        complete -c flowerpower -f -a '(__flowerpower_words)'

        """;

    private const string PowerShell =
        """
        # flowerpower: completion for PowerShell
        Register-ArgumentCompleter -Native -CommandName flowerpower -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            flowerpower "[suggest:$cursorPosition]" "$commandAst" 2>$null | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }

        """;
}
