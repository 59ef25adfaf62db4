package simulator

import "bytes"

// lrePaths are the paths under which the test API sets its cookie again and
// again, since browsers know case and the server doesn't.
var lrePaths = [...]string{"/loadtest", "/Loadtest", "/LoadTest", "/FrontEnd", "/SNV"}

// lreCookies sets the cookies of a version and root.
func (s *Server) lreCookies(x *exchange, call *lreCall, id ref, account accountID) {
	if !call.admin {
		base := x.path[:len(x.path)-len(x.lreRest())]
		for _, path := range lrePaths {
			x.lreLWSSO(id, "; Path="+string(base)+path+"; SameSite=Strict")
		}
		if call.version == lrePre2020 {
			s.lreQCSession(x, id, account)
		}
		x.lreBalancer()
		return
	}
	switch call.version {
	case lrePre2020:
		x.lreLWSSO(id, "; Path=/")
		s.lreQCSession(x, id, account)
	default:
		x.setCookie(lreAdmin)
		x.id(formLWSSO, x.ticketFor(id, kindLREAdmin))
		x.attributes("; Path=/", true)
	}
	if call.version == lre2021 || call.version == lre2022 {
		x.setCookie(lreASP)
		x.head = s.sealer.appendLetters(x.head, &x.scratch, "abcdefghijklmnopqrstuvwxyz012345", 24, x.ticketFor(id, kindLRESession))
		x.attributes("; Path=/", true)
	}
	if call.version == lre2022 {
		x.lreLWSSO(id, "; Path=/")
	}
	x.lreBalancer()
}

// lreRest is the request's path from the product's root on: what follows
// /lre-VERSION.
func (x *exchange) lreRest() []byte {
	if len(x.path) > 5 && foldEqual(x.path[:5], "/lre-") {
		if i := bytes.IndexByte(x.path[1:], '/'); i > 0 {
			return x.path[i+1:]
		}
	}
	return x.path
}

func (x *exchange) lreLWSSO(id ref, attributes string) {
	x.setCookie(lreToken)
	x.id(formLWSSO, x.ticketFor(id, kindLRE))
	x.attributes(attributes, true)
}

// lreQCSession sets the session cookie of the old versions, in ALM's shape.
func (s *Server) lreQCSession(x *exchange, id ref, account accountID) {
	plain := appendInt(x.small[:0], int64(id.index)+1)
	plain = append(plain, ';')
	s.sealer.seal(&x.scratch, x.ticketFor(id, kindLRESession))
	plain = starBase64.AppendEncode(plain, x.scratch.sealed[:])
	plain = append(plain, ";REST client; ; ;"...)
	plain = s.accounts.appendName(plain, account)
	x.setCookie(lreSession)
	x.head = dotBase64.AppendEncode(x.head, plain)
	x.attributes("; Path=/", true)
}

// lreBalancer adds the cookies of a load balancer, which the server ignores.
func (x *exchange) lreBalancer() {
	if x.srv.options.LRE.Balancer {
		x.header("Set-Cookie", "AWSALB=node1; Path=/")
		x.header("Set-Cookie", "AWSALBCORS=node1; Path=/; SameSite=None; Secure")
	}
}

// lreData answers the calls of both roots.
func (s *Server) lreData(x *exchange, call *lreCall) {
	known := call.admin && s.lreAdminPath(call.path) || !call.admin && s.lreTestPath(call.path)
	if !known {
		x.lreError(404, lreNotFound, "There is no such resource.")
		return
	}
	if !x.allow("GET", "POST") {
		return
	}
	_, rec, is := s.lreSessionOf(x, call)
	if is != live {
		s.lreRefused(x)
		return
	}
	x.status = 200
	if x.method == "POST" {
		x.status = 201
	}
	name := s.accounts.appendName(x.small[:0], x.named(rec.account))
	if call.admin {
		x.lreAdminList(call.path, name)
		return
	}
	x.lreTest(call.path, name)
}

// lreAdminPath tells the resources of the administration API.
func (s *Server) lreAdminPath(path []byte) bool {
	for _, resource := range []string{"/rest/v1/users", "/rest/v1/hosts", "/rest/v1/runs"} {
		if under(path, resource) {
			return true
		}
	}
	return false
}

// lreTestPath tells /rest/domains[/D[/projects[/P[/COLLECTION[/ID]]]]].
func (s *Server) lreTestPath(path []byte) bool {
	if !under(path, "/rest/domains") {
		return false
	}
	rest := path[len("/rest/domains"):]
	depth := bytes.Count(rest, []byte{'/'})
	return depth < 2 || depth <= 5 && string(segment(rest, 2)) == "projects"
}

// lreAdminList answers with one user, the caller, or one host or run.
func (x *exchange) lreAdminList(path, name []byte) {
	status := x.status
	switch {
	case under(path, "/rest/v1/users"):
		x.say(status, "application/json", `[{"id":1,"user-name":`)
		x.out = append(appendJSON(x.out, name), `,"status":"Active"}]`...)
	case under(path, "/rest/v1/hosts"):
		x.say(status, "application/json", `[{"id":1,"name":"soak-1","state":"Operational"}]`)
	default:
		x.say(status, "application/json", `[{"id":1,"state":"Finished"}]`)
	}
}

// lreTest answers with one test, created by the caller, one run or one
// project.
func (x *exchange) lreTest(path, name []byte) {
	collection := segment(path[len("/rest/domains"):], 4)
	const namespace = ` xmlns="http://www.hp.com/PC/REST/API"`
	status := x.status
	if x.accepts("json") {
		x.say(status, "application/json", `[{"ID":1,"CreatedBy":`)
		x.out = append(appendJSON(x.out, name), "}]"...)
		return
	}
	switch {
	case foldEqual(collection, "runs"):
		x.say(status, "application/xml", `<Runs`+namespace+`><Run><ID>1</ID><TestID>1</TestID><RunState>Finished</RunState></Run></Runs>`)
	case len(collection) == 0:
		x.say(status, "application/xml", `<Projects`+namespace+`><Project><ID>1</ID><Name>Soak</Name></Project></Projects>`)
	default:
		x.say(status, "application/xml", `<Tests`+namespace+`><Test><ID>1</ID><Name>Soak</Name><CreatedBy>`)
		x.out = appendXML(x.out, name)
		x.out = append(x.out, "</CreatedBy></Test></Tests>"...)
	}
}
