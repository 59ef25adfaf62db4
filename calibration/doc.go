// Package calibration finds out how much load the generator can make on a machine:
// it drives a null server, which does as little as a session server can, with ever
// more users at once, until more of them bring no more requests.
//
// It measures the generator, never a server of anybody's. Where the null server
// took more of the processor than the generator, it says so: the figure is then a
// lower bound.
package calibration
