# Alarms of Farrington flexible with the options of Noufaily et al., one series a column. Arguments: counts, answer.
suppressMessages(library(surveillance))
files <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.csv(files[1], header = FALSE))
n <- nrow(counts)
weeks <- 264:n
alarms <- matrix(NA, n, ncol(counts))
control <- list(range = weeks, b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26,
                pThresholdTrend = 1, thresholdMethod = "nbPlugin", alpha = 0.01)
begin <- proc.time()[3]
for (i in seq_len(ncol(counts))) {
  found <- farringtonFlexible(sts(counts[, i], frequency = 52, start = c(2010, 1)), control = control)
  alarms[weeks, i] <- found@alarm[, 1]
}
cat(proc.time()[3] - begin)
write.table(alarms * 1, files[2], sep = ",", row.names = FALSE, col.names = FALSE, na = "nan")
