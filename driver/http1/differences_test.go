package http1_test

// difference is an outcome that the engines rightly tell apart.
type difference struct {
	standard string // what net/http makes of it
	reason   string
}

// differences are the streams of which the engines tell different outcomes. In
// nearly all net/http forgives a server what is worth knowing about it.
var differences = map[string]difference{
	"chunks with a length": {`200 "hello"`,
		"RFC 9112, section 6.3: ought to be handled as an error, since it smells of response splitting; net/http follows the chunks"},
	"chunks in HTTP/1.0": {`200 "5\r\nhello\r\n0\r\n\r\n" close`,
		"RFC 9112, section 6.1: the framing is faulty; net/http hands over the chunks undecoded"},
	"chunks, forbidden trailer announced": {`protocol answered`,
		"trailers are thrown away here, so what they were to be is harmless"},
	"blank before colon": {`200 "hello" x-a ="one"`,
		"RFC 9112, section 5.1: no blank is allowed there; net/http keeps it as part of the name, where no one finds the field"},
	"blank in name": {`200 "hello" x a="one"`,
		"RFC 9110, section 5.1: a name is a token"},
	"bare line feeds": {`200 "hello"`,
		"RFC 9112, section 2.2: a recipient may forgive it, a server must not send it"},
	"one bare line feed": {`200 "hello" x-a="one"`,
		"RFC 9112, section 2.2: a recipient may forgive it, a server must not send it"},
	"Pragma": {`200 "hello" cache-control="no-cache" pragma="no-cache"`,
		"net/http adds a Cache-Control that the server did not send"},
	"garbage without line end": {`read answered`,
		"net/http waits for the end of the first line before it looks at it"},
	"garbage, held open": {`timeout answered`,
		"net/http waits for the end of the first line before it looks at it"},
	"status 099": {`99 "" close`,
		"RFC 9110, section 15: a status is 100 to 599, beyond is tolerable, below is none"},
	"status with sign": {`20 ""`,
		"net/http reads the status as any number of three characters"},
	"control byte in reason": {`200 ""`,
		"RFC 9112, section 4: blanks and visible characters only"},
	"two blanks before status": {`200 ""`,
		"RFC 9112, section 4: one blank"},
	"HTTP/1.2": {`200 ""`,
		"there is no such version; net/http takes any two digits"},
	"HTTP/2.0": {`200 ""`,
		"HTTP/2 has no status line; net/http takes any two digits"},
}
