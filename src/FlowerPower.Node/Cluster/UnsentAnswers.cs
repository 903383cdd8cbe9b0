using FlowerPower.Actors.Transport;
using FlowerPower.Node.Local;

namespace FlowerPower.Node.Cluster;

/// <summary>What a message that is too large, or cannot be written, comes to: whoever waits for its answer must hear that there will be none.</summary>
internal static class UnsentAnswers
{
    /// <returns><see langword="null"/>: nobody waits, or a broken connection tells them.</returns>
    public static LocalResponse.Error? Of(DroppedMessage dropped)
    {
        if (dropped.Reason is not (DropReason.TooLarge or DropReason.NotEncodable))
        {
            return null;
        }

        return dropped.Message switch
        {
            LocalRequest request => Why(request.Number, "The request was not sent, and nothing was done"),
            LocalResponse response and not LocalResponse.Error => Why(response.Number, "The answer could not be sent"),
            _ => null,
        };

        LocalResponse.Error Why(long number, string what) => new(
            number, nameof(ArgumentException), $"{what}: {dropped.Detail} Ask for less at once.");
    }
}
