package simulator

// Stats is what a server has seen since it began.
type Stats struct {
	// Requests that belong to a product, and what could not be read as a
	// request or a TLS handshake.
	Requests   int64 `json:"requests"`
	Unreadable int64 `json:"unreadable"`
	// Connections accepted, and those open now.
	Connections     int64 `json:"connections"`
	OpenConnections int64 `json:"open_connections"`
	// Totals over all products. An expired session that nobody has touched
	// counts towards Peak until the sweeper finds it, at most 10 s later.
	Logins  int64 `json:"logins"`
	Refused int64 `json:"refused"`
	Logouts int64 `json:"logouts"`
	Expired int64 `json:"expired"`
	Live    int64 `json:"live"`
	Peak    int64 `json:"peak"`

	Octane FamilyStats `json:"octane"`
	ALM    FamilyStats `json:"alm"`
	Space  FamilyStats `json:"space"`
	LRE    FamilyStats `json:"lre"`
	Acme   FamilyStats `json:"acme"`
}

// FamilyStats is the part of one product. Logins are those that opened a
// session, Refused those turned away; Logins = Logouts + Expired + Live.
type FamilyStats struct {
	Requests int64 `json:"requests"`
	Logins   int64 `json:"logins"`
	Refused  int64 `json:"refused"`
	Logouts  int64 `json:"logouts"`
	Expired  int64 `json:"expired"`
	Live     int64 `json:"live"`
	Peak     int64 `json:"peak"`
}

// Stats counts, after ending every session whose time is over.
func (s *Server) Stats() Stats {
	s.store.sweep(s.clock())
	out := Stats{
		Unreadable:  s.unreadable.Load(),
		Connections: s.accepted.Load(),
		Live:        s.store.live.Load(),
		Peak:        s.store.peak.Load(),
	}
	s.mu.Lock()
	out.OpenConnections = int64(len(s.conns))
	s.mu.Unlock()
	for f, part := range []*FamilyStats{&out.Octane, &out.ALM, &out.Space, &out.LRE, &out.Acme} {
		c := &s.store.counts[f]
		*part = FamilyStats{
			Requests: c.requests.Load(), Logins: c.opened.Load(), Refused: c.refused.Load(),
			Logouts: c.loggedOut.Load(), Expired: c.expired.Load(), Live: c.live.Load(), Peak: c.peak.Load(),
		}
		out.Requests += part.Requests
		out.Logins += part.Logins
		out.Refused += part.Refused
		out.Logouts += part.Logouts
		out.Expired += part.Expired
	}
	return out
}

// refused counts a login turned away.
func (x *exchange) refused(f family) { x.srv.store.counts[f].refused.Add(1) }
