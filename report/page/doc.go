// Package page makes the report of a run as one HTML file: the verdict and what
// it rests on first, then every number over time, the evidence, and what each
// number means. The file holds all it needs: styles, a small script and the
// charts; it opens offline and forbids itself to load anything.
//
// Results go in, a page comes out. It is made again from the run folder, and
// while a run goes on by package report/watch from the same parts. Strings that
// came from a server are shown as text, whatever they hold.
package page
