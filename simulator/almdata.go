package simulator

import "bytes"

// almCall authenticates a request that works on data: a live token and an
// application session of the request's client type. It makes the answer and
// returns false when the call is refused.
func (s *Server) almCall(x *exchange) (almSight, bool) {
	look := s.almLook(x, true)
	if look.token != live {
		x.almRefused(look.token)
		return look, false
	}
	if !s.almXSRFRight(x, look.id) {
		x.almNoXSRF()
		return look, false
	}
	switch {
	case x.holds(deletedStays, look.flags&flagDeleted != 0):
		x.almRefused(idleExpired)
		return look, false
	case look.session == live:
		_, is := s.store.use(look.app, alm, x.now, true)
		if is == live {
			return look, true
		}
	case look.session != unknown: // ran out: a new one of the same type
	case look.other && !s.options.ALM.ReplaceMismatch:
		x.almRefused(unknown)
		return look, false
	case look.flags&flagHadApp == 0 && !s.options.ALM.AutoSession:
		x.almRefused(unknown)
		return look, false
	default:
		look.kind = s.types.id(x.almClientType())
	}
	return look, s.almOpen(x, look.id, 0, look.kind)
}

// almSiteSession opens, reads, renews or deletes the application session.
func (s *Server) almSiteSession(x *exchange) {
	if !x.allow("GET", "POST", "PUT", "DELETE") {
		return
	}
	if x.method == "POST" {
		s.almOpenSite(x)
		return
	}
	look, ok := s.almCall(x)
	if !ok {
		return
	}
	if x.method == "DELETE" {
		s.almDelete(&look, x.now)
		x.say(200, "", "")
		return
	}
	x.say(200, "application/xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><session-parameters><client-type>`)
	x.out = appendXML(x.out, []byte(s.types.name(look.kind)))
	x.out = append(x.out, "</client-type></session-parameters>"...)
}

// almOpenSite is POST site-session, whose body is optional.
func (s *Server) almOpenSite(x *exchange) {
	look := s.almLook(x, true)
	if look.token != live {
		x.almRefused(look.token)
		return
	}
	kind := s.types.id(x.almClientType())
	idle := s.options.ALM.SessionIdle
	if len(bytes.TrimSpace(x.body)) > 0 {
		doc, ok := readXML(x.body)
		if !ok || string(doc.root) != "session-parameters" {
			x.almError(400, "qccore.general-error", "The payload cannot be read.")
			return
		}
		if named := doc.value("client-type"); len(named) > 0 && string(named) != "REST Client" {
			kind = s.types.id(named)
		}
		if limit := doc.value("time-out"); limit != nil {
			if idle, ok = minutes(limit); !ok {
				x.almError(400, "qccore.general-error", "time-out is not a number of minutes.")
				return
			}
		}
	}
	if s.almOpen(x, look.id, idle, kind) {
		x.say(s.options.ALM.SiteSessionStatus, "", "")
	}
}

// almDelete ends the application session for good: unlike one that ran out,
// it is not replaced.
func (s *Server) almDelete(look *almSight, now int64) {
	st := s.store
	sh := st.shardOf(look.id.index)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if token, is := st.find(sh, look.id, alm, now); is == live {
		token.flags |= flagDeleted
	}
	if app, is := st.find(sh, look.app, alm, now); is == live && app.born != 0 {
		st.finish(sh, look.app.index, app, loggedOut)
	}
}

// almData answers the project data: domains, projects, collections, entities.
// Whoever asks has detected every defect.
func (s *Server) almData(x *exchange, path []byte) {
	path = bytes.TrimSuffix(path, []byte("/"))
	depth := bytes.Count(path, []byte{'/'}) // /D /projects /P /defects /id
	if depth >= 2 && string(segment(path, 2)) != "projects" || depth > 5 {
		x.almError(404, "qccore.general-error", "There is no such resource.")
		return
	}
	methods := []string{"GET"}
	switch depth {
	case 4:
		methods = []string{"GET", "POST"}
	case 5:
		methods = []string{"GET", "PUT", "DELETE"}
	}
	if !x.allow(methods...) {
		return
	}
	look, ok := s.almCall(x)
	if !ok {
		return
	}
	x.status = 200
	if x.method == "POST" {
		x.status = 201
	}
	name := s.accounts.appendName(x.small[:0], x.named(look.account))
	switch {
	case depth < 2:
		x.almNames("Domains", "Domain", "DEFAULT")
	case depth < 4:
		x.almNames("Projects", "Project", "Soak")
	default:
		x.almEntities(string(bytes.TrimSuffix(segment(path, 4), []byte("s"))), name, depth == 5)
	}
}

// almNames lists one domain or project.
func (x *exchange) almNames(list, item, name string) {
	if x.accepts("json") {
		x.say(x.status, "application/json", `{"`+list+`":{"`+item+`":[{"Name":"`+name+`"}]}}`)
		return
	}
	x.say(x.status, "application/xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><`+list+`><`+item+` Name="`+name+`"/></`+list+`>`)
}

// almEntities lists one entity, or is that entity.
func (x *exchange) almEntities(kind string, user []byte, one bool) {
	out := x.out[:0]
	if x.accepts("json") {
		x.ctype = "application/json"
		if !one {
			out = append(out, `{"entities":[`...)
		}
		out = append(out, `{"Type":`...)
		out = appendJSON(out, []byte(kind))
		out = append(out, `,"Fields":[{"Name":"id","values":[{"value":"1"}]},{"Name":"detected-by","values":[{"value":`...)
		out = appendJSON(out, user)
		out = append(out, `}]}]}`...)
		if !one {
			out = append(out, `],"TotalResults":1}`...)
		}
		x.out = out
		return
	}
	x.ctype = "application/xml"
	out = append(out, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`...)
	if !one {
		out = append(out, `<Entities TotalResults="1">`...)
	}
	out = append(out, `<Entity Type="`...)
	out = appendXML(out, []byte(kind))
	out = append(out, `"><Fields><Field Name="id"><Value>1</Value></Field><Field Name="detected-by"><Value>`...)
	out = appendXML(out, user)
	out = append(out, `</Value></Field></Fields></Entity>`...)
	if !one {
		out = append(out, `</Entities>`...)
	}
	x.out = out
}

// maxListed bounds the listings of sessions.
const maxListed = 200

// almConnections lists live sessions as the site administration does.
func (s *Server) almConnections(x *exchange) {
	if !x.allow("GET") {
		return
	}
	if _, ok := s.almCall(x); !ok {
		return
	}
	x.say(200, "application/json", `{"site-connections":[`)
	first := true
	s.store.each(alm, maxListed, x.now, func(id ref, rec *record) {
		if !first {
			x.out = append(x.out, ',')
		}
		first = false
		x.out = append(x.out, `{"login-session-id":`...)
		x.out = appendInt(x.out, int64(id.index)+1)
		x.out = append(x.out, `,"user-name":`...)
		x.out = appendJSON(x.out, s.accounts.appendName(x.small[:0], rec.account))
		x.out = append(x.out, `,"login-time":"`...)
		x.out = s.wall(rec.opened).UTC().AppendFormat(x.out, "2006-01-02 15:04:05")
		x.out = append(x.out, `","last-action":"`...)
		x.out = s.wall(rec.touched).UTC().AppendFormat(x.out, "2006-01-02 15:04:05")
		x.out = append(x.out, `"}`...)
	})
	x.out = append(x.out, "]}"...)
}
