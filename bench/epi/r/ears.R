# Alarms of EARS C1, one series a column. Arguments: counts, answer.
suppressMessages(library(surveillance))
files <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.csv(files[1], header = FALSE))
n <- nrow(counts)
alarms <- matrix(NA, n, ncol(counts))
begin <- proc.time()[3]
for (i in seq_len(ncol(counts))) {
  found <- earsC(sts(counts[, i], frequency = 52, start = c(2010, 1)), control = list(method = "C1"))
  alarms[(n - nrow(found@alarm) + 1):n, i] <- found@alarm[, 1]
}
cat(proc.time()[3] - begin)
write.table(alarms * 1, files[2], sep = ",", row.names = FALSE, col.names = FALSE, na = "nan")
