// Package results is what a run leaves: counts, histograms, intervals, verdict
// and the folder that holds them. Its one idea is that the folder is the only
// link between driving and reporting, so that every report can be made again
// and a run that was killed can still be read.
//
// The way of a number: a [Recorder] takes [Sample] values from the workers of
// one shard; the [Collector] turns the samples of all shards into histograms
// once a second, appends them to the files of the [Folder], judges thresholds
// and the generator's own health, and at the end writes the [Summary]. The
// files are read back by [ReadIntervals], [ReadHistograms], [ReadSummary],
// [Rebuild] and [Merge].
//
// Memory does not grow with the length of a run: samples live for one interval,
// histograms grow with the spread of the values and not with their number.
//
// The package opens no socket, reads no clock but the one it is handed, and
// draws nothing for a screen.
package results
