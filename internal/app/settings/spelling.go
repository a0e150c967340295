package settings

import (
	"slices"
	"strings"
	"unicode"
)

// meant pairs each unknown name with the known but absent name that it may be misspelt
// from. Each is paired once. A required name may also be shortened, like queueName to
// queue.
func meant(unknown, absent, required []string) map[string]string {
	pairs := map[string]string{}
	taken := map[string]bool{}
	for _, name := range unknown {
		best, least := "", 0
		for _, other := range absent {
			letters := plainLetters(name)
			short := slices.Contains(required, other) && len(letters) > 2 && strings.Contains(plainLetters(other), letters)
			if taken[other] || !short && !similar(name, other) {
				continue
			}
			if d := distance(letters, plainLetters(other)); best == "" || d < least {
				best, least = other, d
			}
		}
		if best != "" {
			pairs[name], taken[best] = best, true
		}
	}
	return pairs
}

// similar reports whether the name may be the other misspelt: in one letter of
// three, or one.
func similar(name, other string) bool {
	a, b := plainLetters(name), plainLetters(other)
	allowed := max(1, len(b)/3)
	return len(a) <= len(b)+allowed && distance(a, b) <= allowed
}

// plainLetters is the name without the case of letters and what joins words.
func plainLetters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// distance is how many letters must be added, removed, replaced or swapped with
// the next to make one text of the other.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
