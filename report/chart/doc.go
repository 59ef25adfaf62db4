// Package chart draws small charts as inline SVG: lines, steps, areas and stacks
// over linear, logarithmic and HDR percentile axes, with shaded stretches and
// reference lines. Values go in, markup comes out; it knows nothing of runs.
//
// A [Plot] becomes a figure with a legend that is readable without script or
// styles. [CSS] gives it the colours of both themes and of print, and [Script]
// shows values under the pointer, the finger or the arrow keys, and lets the
// legend hide lines. A page holds each of the two once.
//
// Text never scales: the figure takes the width it is given, and only its lines
// stretch, so that a chart can be read on a phone as on a wall.
package chart
