package settings_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/spec"
)

// anyUnit is a unit of Go's durations.
const anyUnit = `(?:h|m|s|ms|us|µs|μs|ns)`

// durationPattern is a pattern for durations in the notation of Go, from lowest to
// highest seconds. It is exact for a whole number of hours, minutes or seconds. It
// takes whatever has several units, or part of an hour or minute.
func durationPattern(lowest, highest int) string {
	var forms []string
	for _, unit := range []struct {
		name    string
		seconds int
	}{{"h", 3600}, {"m", 60}, {"s", 1}} {
		if first, last := (lowest+unit.seconds-1)/unit.seconds, highest/unit.seconds; first <= last {
			forms = append(forms, between(first, last)+unit.name)
		}
	}
	forms = append(forms,
		`[0-9]*\.[0-9]*[hm]`, `[0-9]*\.0*s`, `[0-9]+000ms`, `[0-9]*\.[0-9]*ms`, `[0-9.]+(?:us|µs|μs|ns)`,
		`(?:[0-9.]+`+anyUnit+`){2,}`) // linear in time: a unit parts the numbers
	pattern := `\+?(?:` + strings.Join(forms, "|") + `)`
	if lowest == 0 {
		pattern += `|[+-]?0|[+-]?(?:[0.]+` + anyUnit + `)+`
	}
	return "^(?:" + pattern + ")$"
}

// between is a pattern for whole numbers from first to last, with any zeros before.
func between(first, last int) string {
	var ranges []string
	for first <= last {
		// The largest block that begins at first and has the same digits but for the last
		// few, which are any.
		block, any := 1, 0
		for first%(block*10) == 0 && first+block*10-1 <= last && first > 0 {
			block, any = block*10, any+1
		}
		digit := first / block % 10
		end := min(9, digit+(last-first+1)/block-1)
		head := strconv.Itoa(first / block / 10)
		if head == "0" {
			head = ""
		}
		tail := strings.Repeat("[0-9]", any)
		if any > 3 {
			tail = fmt.Sprintf("[0-9]{%d}", any)
		}
		one := strconv.Itoa(digit)
		if end > digit {
			one = fmt.Sprintf("[%d-%d]", digit, end)
		}
		ranges = append(ranges, head+one+tail)
		first += (end - digit + 1) * block
	}
	return "0*(?:" + strings.Join(ranges, "|") + ")"
}

func TestBetween(t *testing.T) {
	for _, limits := range [][2]int{{0, 0}, {0, 9}, {0, 15}, {1, 336}, {60, 900}, {60, 1209600}, {7, 30}, {99, 101}, {1000, 1000}, {0, 43200}} {
		pattern := regexp.MustCompile("^" + between(limits[0], limits[1]) + "$")
		for _, n := range []int{0, 1, 6, 7, 8, 9, 10, 15, 16, 30, 31, 59, 60, 61, 98, 99, 100, 101, 102, 336, 337, 899, 900, 901, 999, 1000, 1001, 43199, 43200, 43201, 99999, 1209599, 1209600, 1209601, 9999999} {
			want := n >= limits[0] && n <= limits[1]
			for _, text := range []string{strconv.Itoa(n), "00" + strconv.Itoa(n)} {
				if pattern.MatchString(text) != want {
					t.Errorf("%v: %s matches %s is %t", limits, text, pattern, !want)
				}
			}
		}
	}
}

// The schema marks no duration that the app takes, and all that are out of range in
// hours, minutes or seconds.
func TestDurationsInTheSchema(t *testing.T) {
	for _, s := range documented(t) {
		if s.goType != "*time.Duration" {
			continue
		}
		rule := spec.RuleOf(s.property)
		pattern := regexp.MustCompile(durationPattern(rule.Lowest, rule.Highest))
		for _, n := range []int{0, 1, 19, 20, 21, 59, 60, 61, 899, 900, 901, 3599, 3600, 3601, 43199, 43200, 43201, 86399, 86400, 86401, 1209599, 1209600, 1209601} {
			d := time.Duration(n) * time.Second
			one := []string{fmt.Sprintf("%ds", n), fmt.Sprintf("+%ds", n), fmt.Sprintf("0%ds", n)}
			if n%60 == 0 {
				one = append(one, fmt.Sprintf("%dm", n/60))
			}
			if n%3600 == 0 {
				one = append(one, fmt.Sprintf("%dh", n/3600))
			}
			inRange := n >= rule.Lowest && n <= rule.Highest
			for _, text := range one {
				if pattern.MatchString(text) != inRange {
					t.Errorf("%s: the schema takes %s is %t", s.path, text, !inRange)
				}
			}
			several := []string{d.String(), fmt.Sprintf("%dm%ds", n/60, n%60), fmt.Sprintf("%ds%dh", n%3600, n/3600), fmt.Sprintf("%d.0s", n), strconv.FormatFloat(d.Hours(), 'f', -1, 64) + "h", fmt.Sprintf("%dh0s", n/3600),
				fmt.Sprintf("%d000ms", n), fmt.Sprintf("+%d000000us", n), fmt.Sprintf("0%d000000000ns", n), fmt.Sprintf("-%ds", n)}
			for _, text := range several {
				parsed, err := time.ParseDuration(text)
				taken := err == nil && parsed%time.Second == 0 && parsed >= time.Duration(rule.Lowest)*time.Second && parsed <= time.Duration(rule.Highest)*time.Second
				if taken && !pattern.MatchString(text) {
					t.Errorf("%s: the schema marks %s", s.path, text)
				}
			}
		}
	}
}

// What an editor offers to write is taken.
func TestTheAppTakesWhatTheSchemaOffers(t *testing.T) {
	offered := 0
	for _, s := range documented(t) {
		l := leaf(s)
		values := append(l.Examples, l.Enum...)
		if l.Default != nil {
			var value any
			if err := json.Unmarshal(l.Default, &value); err != nil {
				t.Errorf("%s: %v", s.path, err)
			}
			values = append(values, value)
		}
		if l.Items != nil {
			for _, v := range append(l.Items.Examples, l.Items.Enum...) {
				values = append(values, []any{v})
			}
		}
		for _, value := range values {
			offered++
			path := "dev." + strings.Replace(s.path, "<name>", "web", 1)
			more := set{path: value}
			if strings.HasPrefix(s.path, "organization.") {
				more = everywhere(more)
			}
			if strings.HasPrefix(s.path, "alarms.") {
				more = set{"dev.alarms": map[string]any{strings.TrimPrefix(s.path, "alarms."): value}}
			}
			if s.path == "alarms.maxAge" {
				more["dev.shared.retention"] = "336h"
			}
			if _, err := settings.Parse(decode(t, good, more)); err != nil {
				t.Errorf("%s = %v: %v", s.path, value, err)
			}
		}
	}
	if offered == 0 {
		t.Error("the schema offers nothing")
	}
}
