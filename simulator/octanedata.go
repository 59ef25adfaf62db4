package simulator

import "bytes"

// octaneData answers the data API: spaces, workspaces and entities. Every
// entity's author is the caller.
func (s *Server) octaneData(x *exchange) {
	account, ok := s.octaneSession(x)
	if !ok {
		return
	}
	rest := bytes.TrimSuffix(x.path[len("/api/shared_spaces"):], []byte("/"))
	depth := bytes.Count(rest, []byte{'/'})
	// /S /workspaces /W /entities /id
	if depth >= 2 && string(segment(rest, 2)) != "workspaces" || depth > 5 {
		x.octaneError(404, "platform.resource_not_found", "There is no such resource.")
		return
	}
	kind := "shared_space"
	switch depth {
	case 2, 3:
		kind = "workspace"
	case 4, 5:
		s.octaneEntity(x, account, segment(rest, 4), depth == 5)
		return
	}
	if !x.allow("GET") {
		return
	}
	x.octaneList(kind, account, depth == 1 || depth == 3)
}

// octaneEntity answers a collection of entities or one of them.
func (s *Server) octaneEntity(x *exchange, account accountID, collection []byte, one bool) {
	methods := []string{"GET", "POST", "PUT", "DELETE"}
	if one {
		methods = []string{"GET", "PUT", "DELETE"}
	}
	if !x.allow(methods...) {
		return
	}
	if x.method == "POST" || x.method == "PUT" {
		if x.contentType() != "application/json" {
			x.octaneError(415, "platform.unsupported_media_type", "Content-Type must be application/json.")
			return
		}
	}
	x.octaneList(string(bytes.TrimSuffix(collection, []byte("s"))), account, one)
	if x.method == "POST" {
		x.status = 201
	}
}

// octaneList makes a list of one entity, or that entity.
func (x *exchange) octaneList(kind string, account accountID, one bool) {
	x.status, x.ctype = 200, "application/json"
	out := x.out[:0]
	if !one {
		out = append(out, `{"total_count":1,"data":[`...)
	}
	out = append(out, `{"type":`...)
	out = appendJSON(out, []byte(kind))
	out = append(out, `,"id":"1001","name":"`...)
	out = append(out, "Soak"...)
	out = append(out, `","author":{"type":"workspace_user","id":"1001","name":`...)
	out = appendJSON(out, x.srv.accounts.appendName(x.small[:0], x.named(account)))
	out = append(out, `}}`...)
	if !one {
		out = append(out, `],"exceeds_total_count":false}`...)
	}
	x.out = out
}

// octanePing answers the probe of CI servers.
func (s *Server) octanePing(x *exchange) {
	const tail = "/analytics/ci/servers/connectivity/status"
	if !bytes.HasSuffix(x.path, []byte(tail)) {
		x.octaneError(404, "platform.resource_not_found", "There is no such resource.")
		return
	}
	if _, ok := s.octaneSession(x); ok && x.allow("GET") {
		x.say(200, "application/json", `{"octaneVersion":"25.1","supportedSdkVersion":"2.0"}`)
	}
}

// segment is the n-th part, from 1, of a path that begins with a slash.
func segment(path []byte, n int) []byte {
	for range n {
		_, path, _ = bytes.Cut(path, []byte{'/'})
	}
	part, _, _ := bytes.Cut(path, []byte{'/'})
	return part
}
