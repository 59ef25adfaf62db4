// Package knee makes the page of a search for capacity: one HTML file, opened
// offline, with the answer, the steps drawn around the limit, the scalability
// curve with its residuals, and every step in a table.
package knee
