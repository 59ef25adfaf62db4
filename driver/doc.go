// Package driver drives load: it owns every socket and goroutine of a run.
//
// A virtual user is a record in a store, not a goroutine. Each shard holds a
// timetable of users and arrivals that are due, and workers that take the due
// ones by themselves: the worker that waits for the next instant leads, the
// others follow (leader/followers, Schmidt et al., Pattern-Oriented Software
// Architecture 2). So nothing passes through a dispatcher, and the schedule
// never waits for the server: when all workers are busy, the wait shows up as
// lateness in the response time.
//
// The package makes no report and keeps no samples; it hands them to results.
package driver
