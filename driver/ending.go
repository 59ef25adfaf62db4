package driver

// checkThrough ends the load once every shard is through.
func (r *run) checkThrough() {
	for _, s := range r.shards {
		s.mu.Lock()
		through := s.through()
		s.mu.Unlock()
		if !through {
			return
		}
	}
	r.ended.Do(func() { close(r.through) })
}

// fail stops the run because its numbers would not be worth anything.
func (r *run) fail(problem string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.problem == "" {
		r.problem = problem
	}
	r.stopNow()
}

// abort stops the run because the harness itself can't go on.
func (r *run) abort(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fatal == nil {
		r.fatal = err
	}
	r.stopNow()
}

// stopNow ends the load; the caller holds the lock.
func (r *run) stopNow() {
	if !r.halted {
		r.halted = true
		close(r.halt)
	}
}

// failure is what abort was told, nil for nothing.
func (r *run) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fatal
}
