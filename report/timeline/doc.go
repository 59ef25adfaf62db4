// Package timeline is a run over time in a bounded number of points, however
// long the run was. Lines of the run folder go in, one after the other; what is
// drawn comes out.
//
// [Timeline] takes the counts of every second and folds two points into one
// whenever there would be too many: counts add up, and of tails and levels the
// worst is kept, so that a spike of one second is still there in a week.
// [Times] takes whole histograms and adds them up before it asks for
// percentiles, so that those are exact for every point.
package timeline
