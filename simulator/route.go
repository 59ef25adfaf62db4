package simulator

import "bytes"

// lreVersions are the versions of LoadRunner Enterprise, oldest first.
var lreVersions = [...]string{"pre-2020", "2020", "2020-sp2", "2021", "2022", "2023"}

// family tells whose path a request names. The prefix is the length of the
// base path in front of the product's own paths, as in /lre-2021/Admin.
func (s *Server) family(x *exchange) (f family, prefix int) {
	p := x.path
	switch {
	case under(p, "/authentication"), under(p, "/api/shared_spaces"), under(p, "/internal-api/shared_spaces"):
		return octane, 0
	case under(p, "/qcbin"):
		return alm, 0
	case under(p, "/api/space"), under(p, "/api/juniper"):
		return space, 0
	case under(p, "/acme"):
		return acme, 0
	case foldUnder(p, "/admin"), foldUnder(p, "/loadtest"):
		return lre, 0
	case len(p) > 5 && foldEqual(p[:5], "/lre-"):
		if i := bytes.IndexByte(p[1:], '/'); i > 0 && lreVersion(p[5:i+1]) >= 0 {
			return lre, i + 1
		}
	}
	return families, 0
}

// under tells whether a path is base or below it.
func under(path []byte, base string) bool {
	return len(path) >= len(base) && string(path[:len(base)]) == base &&
		(len(path) == len(base) || path[len(base)] == '/')
}

// foldUnder is under without regard to case.
func foldUnder(path []byte, base string) bool {
	return len(path) >= len(base) && foldEqual(path[:len(base)], base) &&
		(len(path) == len(base) || path[len(base)] == '/')
}

// lreVersion is the place of a version's name in lreVersions, -1 if unknown.
func lreVersion(name []byte) int {
	for i, v := range lreVersions {
		if foldEqual(name, v) {
			return i
		}
	}
	return -1
}

// dispatch lets the product answer.
func (s *Server) dispatch(x *exchange, f family, prefix int) {
	switch f {
	case octane:
		s.octane(x)
	case alm:
		s.alm(x)
	case space:
		s.space(x)
	case lre:
		s.lre(x, prefix)
	case acme:
		s.acme(x)
	default:
		if len(x.path) == 1 && x.read() {
			x.say(200, "text/plain", "authsoak simulator\n")
			return
		}
		x.notFound()
	}
}

// notFound answers a path that nobody serves.
func (x *exchange) notFound() { x.say(404, "text/plain", "Not Found\n") }
