package simulator

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"
)

const (
	spaceIn      = "POST /api/space/user-management/login"
	spaceOut     = "POST /api/space/user-management/logout"
	spaceIs      = "GET /api/space/user-management/login-status"
	spaceDevices = "GET /api/space/device-management/devices"
	spaceRef     = "\nAccept: application/vnd.net.juniper.space.user-management.user-ref+json;version=1"
)

func TestSpaceCycle(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	in := w.ask(spaceIn+basicAuth("user7", "pw7"), "").want(t, "login", 200, "User logged in")
	patterns := []string{
		`^JSESSIONIDSSO=[A-Za-z0-9+/]{43}=;Version=1; Path=/; HttpOnly$`,
		`^JSESSIONID=[A-Za-z0-9+/]{24}\.space-node1:space;Version=1; Path=/api/space/user-management; HttpOnly$`,
	}
	for i, line := range in.header["Set-Cookie"] {
		if !regexp.MustCompile(patterns[i]).MatchString(line) {
			t.Errorf("Set-Cookie %d = %q, want %s", i, line, patterns[i])
		}
	}
	w.ask(spaceIn+basicAuth("user7", "pw8"), "").want(t, "wrong login", 401, "User is not logged in")
	w.ask(spaceIn, "").want(t, "no credentials", 401, "User is not logged in")
	w.ask(spaceIs+in.send(), "").want(t, "status", 200, "User is logged in")
	w.ask(spaceIs+in.send()+spaceRef, "").want(t, "status as JSON", 200, `"name":"user7"`)
	w.ask(spaceIs, "").want(t, "status of nobody", 401, "User is not logged in")
	w.ask(spaceDevices+in.send(), "").want(t, "devices", 200, "<devices")
	w.ask(spaceDevices+in.send("JSESSIONID"), "").want(t, "devices without SSO", 401, "")
	w.ask("GET //api/space/device-management/devices"+in.send(), "").want(t, "double slash", 200, "<devices")
	w.ask("GET /api/space/user-management/users\nAccept: application/json"+in.send(), "").want(t, "users", 200, `"name":"user7"`)
	w.ask("GET /api/space/user-management/active-user-sessions"+in.send(), "").want(t, "sessions", 200, `"user-name":"user7"`)
	w.ask(spaceOut+basicAuth("user7", "pw7"), "").want(t, "cookieless logout", 200, "User logged out")
	w.ask(spaceOut, "").want(t, "logout of nobody", 401, "")
	w.ask(spaceIs+in.send(), "").want(t, "status after cookieless logouts", 200, "")
	w.ask(spaceOut+in.send(), "").want(t, "logout", 200, "User logged out")
	w.ask(spaceIs+in.send(), "").want(t, "status after logout", 401, "")
	w.ask(spaceOut+in.send(), "").want(t, "second logout", 412, "")
	w.ask(spaceDevices+basicAuth("user7", "pw7"), "").want(t, "basic every call", 200, "")
	w.ask("GET /api/space/elsewhere"+in.send(), "").want(t, "elsewhere", 404, "")
}

func TestSpaceWholeSetCookieAsCookie(t *testing.T) {
	for _, style := range []SpaceCookies{TwoHeaders, Folded, StrictSeed} {
		w := newWorld(t, Options{Space: SpaceOptions{Cookies: style}})
		lines := w.ask(spaceIn+basicAuth("user7", "pw7"), "").header["Set-Cookie"]
		if want := map[SpaceCookies]int{TwoHeaders: 2, Folded: 1, StrictSeed: 2}[style]; len(lines) != want {
			t.Errorf("%s: %d headers, want %d: %q", style, len(lines), want, lines)
		}
		joined := lines[0]
		for _, line := range lines[1:] {
			joined += ", " + line
		}
		w.ask(spaceIs+"\nCookie: "+joined, "").want(t, string(style), 200, "User is logged in")
		w.close()
	}
}

func TestSpaceMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{})
		defer w.close()
		tests := []struct {
			query, form string
			idle        time.Duration
		}{{"", "", 30 * time.Minute}, {"?maxage=2", "", 2 * time.Minute}, {"", "maxage=90", 90 * time.Minute}}
		for _, tt := range tests {
			head := spaceIn + tt.query + basicAuth("user7", "pw7")
			if tt.form != "" {
				head += "\nContent-Type: application/x-www-form-urlencoded"
			}
			in := w.ask(head, tt.form).want(t, "login "+tt.query+tt.form, 200, "")
			for range 3 {
				time.Sleep(tt.idle - time.Second)
				w.ask(spaceIs+in.send(), "").want(t, "within", 200, "")
			}
			time.Sleep(tt.idle)
			w.ask(spaceIs+in.send(), "").want(t, "at the end", 401, "")
		}
		for _, bad := range []string{"0", "-1", "x", "1.5", ""} {
			w.ask(spaceIn+"?maxage="+bad+basicAuth("user7", "pw7"), "").want(t, "maxage "+bad, 400, "")
		}
	})
}

func TestSpaceSessionLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Space: SpaceOptions{MaxSessions: 2}})
		defer w.close()
		login := spaceIn + basicAuth("user7", "pw7")
		w.ask(login, "").want(t, "first", 200, "")
		second := w.ask(login, "").want(t, "second", 200, "")
		w.ask(login+spaceRef, "").want(t, "third", 401, `"status_code":5`)
		w.ask(spaceIn+basicAuth("user8", "pw8"), "").want(t, "another user", 200, "")
		w.ask(spaceOut+second.send(), "").want(t, "logout", 200, "")
		w.ask(login, "").want(t, "third after logout", 200, "")
		time.Sleep(31 * time.Minute)
		w.ask(login, "").want(t, "after expiry", 200, "")
	})
}

func TestSpaceReaper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ReaperEvery: 4 * time.Minute, Space: SpaceOptions{IdleTimeout: 2 * time.Minute}})
		defer w.close()
		in := w.ask(spaceIn+basicAuth("user7", "pw7"), "")
		time.Sleep(3 * time.Minute)
		w.ask(spaceIs+in.send(), "").want(t, "over, but no reaper yet", 200, "")
		time.Sleep(3*time.Minute + 59*time.Second) // deadline 5 min, reaped at 8
		w.ask(spaceIs+in.send(), "").want(t, "before the second pass", 200, "")
		time.Sleep(5*time.Minute + 1*time.Second) // touched at 6:59, deadline 8:59, reaped at 12
		w.ask(spaceIs+in.send(), "").want(t, "at the third pass", 401, "")
	})
}
