package driver

import (
	"authsoak/driver/sessions"
	"authsoak/results"
)

// wait lines a user up for an account of the target.
func (s *shard) wait(target int, id sessions.ID) {
	s.mu.Lock()
	s.waiting[target] = append(s.waiting[target], id)
	s.mu.Unlock()
}

// admit lets the first in line try again once an account is free.
func (s *shard) admit(target int) {
	s.mu.Lock()
	line := s.waiting[target]
	if len(line) == 0 || s.run.targets[target].Pool.Free() == 0 {
		s.mu.Unlock()
		return
	}
	id := line[0]
	s.waiting[target] = line[1:]
	s.mu.Unlock()
	s.plan(id, s.users.At(id).Due, true)
}

// dropLate gives up the arrivals that have waited for an account beyond the
// start limit.
func (s *shard) dropLate(now int64) {
	if !s.run.open {
		return
	}
	oldest := now - int64(s.run.plan.StartLimit)
	var late []sessions.ID
	s.mu.Lock()
	for target, line := range s.waiting {
		for len(line) > 0 && s.users.At(line[0]).Due < oldest {
			late = append(late, line[0])
			line = line[1:]
		}
		s.waiting[target] = line
	}
	s.mu.Unlock()
	for _, id := range late {
		u := s.users.At(id)
		s.recorder.Count(s.run.phaseOf(u.Due), int(u.Target), results.CyclesDropped, 1)
		s.depart(id)
	}
}
