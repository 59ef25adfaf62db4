package results

import (
	"errors"
	"io/fs"
	"os"
)

// Cleaned is what became of the sessions that a killed run left open. It lies in the
// run folder until the run goes on, since the ledger that knew them may be gone by
// then. Targets stand in the order of the run's.
type Cleaned struct {
	Targets []CleanedTarget `json:"targets"`
}

// CleanedTarget is what became of the sessions of one target. Of the PossiblyOpen
// nobody has the cookies; Left are those that could not be logged out so far.
type CleanedTarget struct {
	LoggedOut    int64 `json:"logged_out"`
	AlreadyEnded int64 `json:"already_ended"`
	PossiblyOpen int64 `json:"possibly_open"`
	Left         int64 `json:"left"`
}

// ReadCleaned reads what earlier cleanups of a killed run did; nil: there were none.
func ReadCleaned(f *Folder) (*Cleaned, error) {
	c := new(Cleaned)
	if err := f.ReadJSON(CleanedFile, c); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return c, nil
}

// AddCleaned enters what another cleanup did, and returns all of it.
func AddCleaned(f *Folder, now []CleanedTarget) (*Cleaned, error) {
	c, err := ReadCleaned(f)
	if err != nil {
		return nil, err
	}
	if c == nil {
		c = &Cleaned{Targets: []CleanedTarget{}}
	}
	for i := range max(len(now), len(c.Targets)) {
		if i == len(c.Targets) {
			c.Targets = append(c.Targets, CleanedTarget{})
		}
		all := &c.Targets[i]
		all.Left = 0
		if i < len(now) { // the ledger holds what is left, and what nobody can log out, to the end
			all.LoggedOut += now[i].LoggedOut
			all.AlreadyEnded += now[i].AlreadyEnded
			all.PossiblyOpen = max(all.PossiblyOpen, now[i].PossiblyOpen)
			all.Left = now[i].Left
		}
	}
	return c, f.WriteJSON(CleanedFile, c)
}

// forgetCleaned removes what cleanups left, once it is in the intervals.
func forgetCleaned(f *Folder) error {
	if err := os.Remove(f.Path(CleanedFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
