package scenario

// Streams of draws, one a purpose, so that no decision of a cycle leans on
// another. Their numbers fix what a seed means and are never changed.
const (
	StreamArrivals uint8 = iota + 1 // gaps of a Poisson process
	StreamThink                     // think time before a step
	StreamCalls                     // number of calls of a cycle
	StreamMix                       // which call
	StreamAbandon                   // whether a cycle leaves without logout
	StreamTurnover                  // how long a member of a population stays
	StreamReplay                    // whether a logged-out session is tried again
	StreamPacing                    // where in the first pacing interval a user begins
	StreamAccount                   // which account
)

// Draw returns a number in (0, 1), neither end included, that depends on
// nothing but its arguments: the same decision of the same cycle comes out the
// same on every machine and in every order.
//
// Each word goes through the finalizer of SplitMix64 (Steele, Lea and Flood,
// Fast Splittable Pseudorandom Number Generators, OOPSLA 2014; the constants
// are Stafford's variant 13).
func Draw(seed uint64, purpose uint8, user, cycle uint64, step uint32) float64 {
	h := mix(stream(seed, purpose) ^ mix(user+golden))
	h = mix(h + cycle*golden + uint64(step)*0xd1342543de82ef95)
	return unit(h)
}

// stream is where the draws of one purpose begin.
func stream(seed uint64, purpose uint8) uint64 { return mix(seed + uint64(purpose)*golden) }

// Chance tells whether a draw decides for an event of that probability: never
// at 0, always at 1.
func Chance(probability, draw float64) bool { return draw < probability }

// golden is 2⁶⁴/φ, odd: its multiples are spread as evenly as can be.
const golden = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// unit maps the upper 52 bits to the middle of one of 2⁵² equal parts of (0, 1),
// which a float64 holds exactly.
func unit(h uint64) float64 { return (float64(h>>12) + 0.5) / (1 << 52) }
