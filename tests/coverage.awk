# Joins the Cobertura reports of several test runs: a line is covered if any of them ran it. Prints lines by project, and in all.
/<coverage / { source = ""; sources = 0 }
/<source>/ {
  source = $0
  sub(/.*<source>/, "", source)
  sub(/<\/source>.*/, "", source)
  sources++
}
/<class / {
  file = $0
  sub(/.*filename="/, "", file)
  sub(/".*/, "", file)
  if (sources == 1) file = source "/" file # a report with one root names files from there
  gsub(/\/\/+/, "/", file)
  sub(/^.*\/src\//, "", file)
  sub(/^src\//, "", file)
  counts = (file !~ /\/obj\// && file !~ /tests\//)
}
/<line / && counts {
  number = $0
  sub(/.*number="/, "", number)
  sub(/".*/, "", number)
  hits = $0
  sub(/.*hits="/, "", hits)
  sub(/".*/, "", hits)
  key = file ":" number
  if (!(key in seen) || hits + 0 > seen[key]) seen[key] = hits + 0
}
END {
  for (key in seen) {
    project = key
    sub(/\/.*/, "", project)
    lines[project]++
    all++
    if (seen[key] > 0) { covered[project]++; done++ }
  }
  for (project in lines) printf "%-32s %6d of %6d lines  %5.1f %%\n", project, covered[project], lines[project], 100 * covered[project] / lines[project] | "sort"
  close("sort")
  if (all) printf "%-32s %6d of %6d lines  %5.1f %%\n", "in all", done, all, 100 * done / all
}
