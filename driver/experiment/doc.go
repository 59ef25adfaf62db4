// Package experiment judges loads that ask a question of their own: what the
// server did in a storm of logins, after all sessions had ended together, across
// a restart, under logins over live sessions, and with sessions left behind.
//
// It takes events, one a step, and gives lines, one an expectation. It opens no
// connection and reads no clock; what is done, and when, is the plan's and the
// driver's affair. Its memory doesn't grow with the load, but for a word a session
// across a restart, and some sixteen bytes a second after an event; across a
// restart twice that.
package experiment
