# Posterior means of Rt, window of 7 days, one series a column. Arguments: counts, serial interval, answer.
suppressMessages(library(EpiEstim))
files <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.csv(files[1], header = FALSE))
si <- read.csv(files[2], header = FALSE)[, 1]
n <- nrow(counts)
config <- make_config(list(si_distr = si, t_start = 2:(n - 6), t_end = 8:n))
begin <- proc.time()[3]
means <- apply(counts, 2, function(x) suppressWarnings(
  estimate_R(x, method = "non_parametric_si", config = config)$R$`Mean(R)`))
cat(proc.time()[3] - begin)
write.table(means, files[3], sep = ",", row.names = FALSE, col.names = FALSE, na = "nan")
