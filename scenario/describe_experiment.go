package scenario

import (
	"fmt"

	"authsoak/profiles"
)

// Describe says in a line what is done, to how many, and when; times count from the
// start of load.
func (e *ExperimentPlan) Describe() string {
	switch e.Kind {
	case profiles.Storm:
		return fmt.Sprintf("%s at one instant, %s after the start", counted(e.Users, "login"), said(e.At))
	case profiles.MassExpiry:
		return fmt.Sprintf("%s unused for %s, from %s after the start on, then everybody returns at one instant, at %s",
			counted(e.Users, "session"), said(e.Until-e.At), said(e.At), said(e.Until))
	case profiles.Restart:
		if e.Commanded {
			return fmt.Sprintf("a command restarts the target, %s after the start", said(e.At))
		}
		return "somebody restarts the target; when that was is told by what fails"
	case profiles.DuplicateBurst:
		last, _ := e.Burst(e.Sessions - 1)
		when := "from " + said(e.At) + " to " + said(last) + " after the start"
		if e.Sessions == 1 {
			when = said(e.At) + " after the start"
		}
		return fmt.Sprintf("%s at one instant over each of %s, one session a second, %s", counted(e.Logins, "login"), counted(e.Sessions, "live session"), when)
	}
	return fmt.Sprintf("sessions left without a logout (%s a second) are each touched once, %s after their last use", rate(e.Leaving), said(e.Idle+e.Touched()))
}
