package results

// series reads a line of one series.
func (s *scanner) series(l *SeriesInterval) {
	var seen bool
	s.object(func(key []byte) {
		switch string(key) {
		case "line":
			l.Line = s.name()
		case "at_s":
			l.At = s.float()
		case "target":
			l.Target = s.name()
		case "step":
			l.Step = s.name()
		case "request":
			l.Request = s.name()
		case "kind":
			l.Kind = s.name()
		case "phase":
			l.Phase = s.name()
		case "count":
			l.Count = s.int()
		case "ok":
			l.OK = s.int()
		case "fail":
			l.Fail = s.int()
		case "unknown":
			l.Unknown = s.int()
		case "errors":
			s.counts(&l.Errors)
		case "service_ms":
			s.quantiles(&l.Service)
		case "response_ms":
			if seen {
				s.fail()
				return
			}
			seen = true
			l.Response = new(Quantiles)
			s.quantiles(l.Response)
		default:
			s.fail()
		}
	})
}

func (s *scanner) counts(into *map[string]int64) {
	if *into != nil {
		s.fail() // twice: whether that adds up is not for us to say
		return
	}
	counts := map[string]int64{}
	s.object(func(key []byte) { counts[s.intern(key)] = s.int() })
	*into = counts
}

func (s *scanner) quantiles(q *Quantiles) {
	s.object(func(key []byte) {
		switch string(key) {
		case "p50":
			q.P50 = s.float()
		case "p99":
			q.P99 = s.float()
		case "max":
			q.Max = s.float()
		default:
			s.fail()
		}
	})
}

// run reads a line of the run as a whole.
func (s *scanner) run(l *RunInterval) {
	s.object(func(key []byte) {
		switch string(key) {
		case "line":
			l.Line = s.name()
		case "at_s":
			l.At = s.float()
		case "len_s":
			l.Length = s.float()
		case "phase":
			l.Phase = s.name()
		case "lateness_ms":
			s.quantiles(&l.Lateness)
		case "pacer_ms":
			s.quantiles(&l.Pacer)
		case "workers":
			l.Workers = int(s.int())
		case "busy":
			l.Busy = int(s.int())
		case "planned_users":
			l.PlannedUsers = s.float()
		case "planned_per_s":
			l.PlannedPerSec = s.float()
		case "overdue_ms":
			l.Overdue = s.float()
		case "tainted":
			l.Tainted = s.text()
		case "tainted_by":
			l.TaintedBy = s.name()
		case "clamped":
			l.Clamped = s.int()
		case "lost":
			l.Lost = s.int()
		case "targets":
			s.targets(&l.Targets)
		case "health":
			s.health(&l.Health)
		default:
			s.fail()
		}
	})
}

func (s *scanner) targets(into *[]TargetInterval) {
	if *into != nil {
		s.fail()
		return
	}
	s.expect('[')
	for s.ok {
		*into = append(*into, TargetInterval{})
		s.target(&(*into)[len(*into)-1])
		if s.skip(']') {
			return
		}
		s.expect(',')
	}
}

func (s *scanner) target(t *TargetInterval) {
	s.object(func(key []byte) {
		switch string(key) {
		case "name":
			t.Name = s.name()
		case "sessions":
			s.sessions(&t.Sessions)
		case "orphaned":
			t.Orphaned = s.int()
		case "counts":
			if t.Counts != nil {
				s.fail()
				return
			}
			t.Counts = map[string]map[string]int64{}
			s.object(func(key []byte) {
				phase := s.intern(key)
				counts := t.Counts[phase]
				s.counts(&counts)
				t.Counts[phase] = counts
			})
		case "breaches":
			s.counts(&t.Breaches)
		default:
			s.fail()
		}
	})
}

func (s *scanner) sessions(c *SessionCounts) {
	s.object(func(key []byte) {
		switch string(key) {
		case "opened":
			c.Opened = s.int()
		case "closed":
			c.Closed = s.int()
		case "abandoned":
			c.Abandoned = s.int()
		case "expired":
			c.Expired = s.int()
		case "live":
			c.Live = s.int()
		case "possibly_open":
			c.PossiblyOpen = s.int()
		case "possibly_closed":
			c.PossiblyClosed = s.int()
		case "peak_live":
			c.PeakLive = s.int()
		default:
			s.fail()
		}
	})
}

func (s *scanner) health(h *Health) {
	s.object(func(key []byte) {
		switch string(key) {
		case "cpu_s":
			h.CPU = s.float()
		case "cpu_share":
			h.CPUShare = s.float()
		case "rss_bytes":
			h.RSS = s.int()
		case "max_rss_bytes":
			h.MaxRSS = s.int()
		case "heap_bytes":
			h.Heap = s.int()
		case "gc_pause_max_ms":
			h.GCPauseMax = s.float()
		case "gc_pause_total_ms":
			h.GCPauseTotal = s.float()
		case "sched_p50_ms":
			h.SchedP50 = s.float()
		case "sched_p99_ms":
			h.SchedP99 = s.float()
		case "sched_max_ms":
			h.SchedMax = s.float()
		case "goroutines":
			h.Goroutines = int(s.int())
		case "open_files":
			h.OpenFiles = int(s.int())
		case "open_file_limit":
			h.OpenFileLimit = int(s.int())
		case "ports":
			h.Ports = int(s.int())
		case "port_limit":
			h.PortLimit = int(s.int())
		default:
			s.fail()
		}
	})
}
