package address_test

import (
	"strings"
	"testing"

	"example.com/shared-queue/address"
)

const dev = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev"

func TestThreeWaysToWriteOnePath(t *testing.T) {
	want, err := address.ParsePath(dev)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as the Organizations API prints it": dev + "/",
		"as policies write it":               dev + "/*",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := address.ParsePath(text); err != nil || got != want {
				t.Errorf("Parse(%q) = %v, %v, want %v", text, got, err, want)
			}
		})
	}
}

func TestPath(t *testing.T) {
	p, err := address.ParsePath(dev)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want string }{
		"string":                             {p.String(), dev},
		"organization":                       {p.Organization(), "o-abc1234567"},
		"pattern, slash before the wildcard": {p.Pattern(), dev + "/*"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("got %s, want %s", c.got, c.want)
			}
		})
	}
	if got := p.OU(); got != "ou-wxyz-km23jdev" {
		t.Errorf("OU %s", got)
	}
	for other, want := range map[string]bool{dev: true, dev + "/ou-wxyz-children": true, dev + "x": false, "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev": false} {
		if o, err := address.ParsePath(other); err != nil || p.Contains(o) != want {
			t.Errorf("contains %s: got %v, %v", other, p.Contains(o), err)
		}
	}
	for other, want := range map[string]bool{dev: true, dev + "/ou-wxyz-children": true, dev + "x": false, "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev": true} {
		if o, err := address.ParsePath(other); err != nil || address.Overlap([]address.Path{p}, []address.Path{o}) != want {
			t.Errorf("overlaps %s: want %v, %v", other, want, err)
		}
	}
	if p.IsZero() || !(address.Path{}).IsZero() {
		t.Error("only the zero Path is zero")
	}
}

const lookUp = `look the path up as docs/settings.md shows under "Find an OU's path"`

func TestRefusedPaths(t *testing.T) {
	const (
		path = "an OU path o-…/r-…/ou-…, from the organization's id down to the OU"
		ous  = "OU ids of the form ou-<root>-<id>: lower-case letters and digits, 8 to 32 of them after the root; " + lookUp
	)
	for name, c := range map[string]struct{ path, want string }{
		"nothing":                         {"", path + "; " + lookUp},
		"only a wildcard":                 {"*", path + ", no wildcard but a closing /*; name each OU by its full id"},
		"organization alone":              {"o-abc1234567", "a root id after the organization id, r- and 4 to 32 lower-case letters or digits; " + lookUp},
		"organization's root alone":       {"o-abc1234567/r-wxyz", path + "; add the OU's id: a root is the whole organization"},
		"root alone, as policies":         {"o-abc1234567/r-wxyz/*", path + "; add the OU's id: a root is the whole organization"},
		"organization id too short":       {"o-abc123/r-wxyz/ou-wxyz-jklm1dev", "a path that starts with an organization id, o- and 10 to 32 lower-case letters or digits; " + lookUp},
		"no organization":                 {"r-wxyz/ou-wxyz-jklm1dev", "a path that starts with an organization id, o- and 10 to 32 lower-case letters or digits; " + lookUp},
		"root id too short":               {"o-abc1234567/r-wxy/ou-wxy-jklm1dev", "a root id after the organization id, r- and 4 to 32 lower-case letters or digits; " + lookUp},
		"no root":                         {"o-abc1234567/ou-wxyz-jklm1dev", "a root id after the organization id, r- and 4 to 32 lower-case letters or digits; " + lookUp},
		"OU id in upper case":             {"o-abc1234567/r-wxyz/ou-wxyz-jklm1DEV", ous},
		"OU id too short":                 {"o-abc1234567/r-wxyz/ou-wxyz-jklm", ous},
		"two slashes":                     {"o-abc1234567//r-wxyz/ou-wxyz-jklm1dev", path + " with no empty element; remove the extra slash"},
		"two closing slashes":             {dev + "//", path + " with no empty element; remove the extra slash"},
		"slash in front":                  {"/" + dev, path + " with no empty element; remove the extra slash"},
		"wildcard inside an id":           {"o-abc1234567/r-wxyz/ou-wxyz-jklm1d*/*", path + ", no wildcard but a closing /*; name each OU by its full id"},
		"wildcard with no slash":          {dev + "*", path + ", no wildcard but a closing /*; name each OU by its full id"},
		"wildcard for one character":      {"o-abc1234567/r-wxyz/ou-wxyz-jklm1de?", path + ", no wildcard but a closing /*; name each OU by its full id"},
		"policy variable":                 {"o-abc1234567/r-wxyz/${aws:username}", path + ", no wildcard but a closing /*; name each OU by its full id"},
		"OU of another root":              {"o-abc1234567/r-wxyz/ou-abcd-jklm1dev", "OU ids that begin with ou-wxyz-, as their root does; take the root and the OU from one organization"},
		"six OUs":                         {"o-abc1234567/r-wxyz" + strings.Repeat("/ou-wxyz-jklm1dev", 6), "at most five OUs, as deep as an organization goes; " + lookUp},
		"one OU twice":                    {dev + "/ou-wxyz-jklm1dev", "each OU once, as no OU is inside itself; remove one ou-wxyz-jklm1dev"},
		"account inside":                  {dev + "/111111111111", "an OU path, no account in it; end the path at the account's OU"},
		"account inside, as the API does": {dev + "/111111111111/", "an OU path, no account in it; end the path at the account's OU"},
		"something after the OU":          {dev + "/web", ous},
		"line end":                        {dev + "\n", strings.Replace(ous, "look the path up as docs/settings.md shows under \"Find an OU's path\"", "remove the space around it", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := address.ParsePath(c.path)
			if err == nil {
				t.Fatalf("Parse(%q) = %v, want an error", c.path, got)
			}
			_, message, _ := strings.Cut(err.Error(), ", allowed: ")
			if message != c.want {
				t.Errorf("got  %s\nwant %s", message, c.want)
			}
			if !got.IsZero() {
				t.Errorf("a refused path is %v, not zero", got)
			}
		})
	}
}

func TestFiveOUsAreAllowed(t *testing.T) {
	if _, err := address.ParsePath("o-abc1234567/r-wxyz" + "/ou-wxyz-jklm1dev/ou-wxyz-jklm2dev/ou-wxyz-jklm3dev/ou-wxyz-jklm4dev/ou-wxyz-jklm5dev"); err != nil {
		t.Error(err)
	}
}

// ParsePath returns what it accepts without changes, and the only wildcard in a
// pattern is its last character.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{dev, dev + "/", dev + "/*", dev + "*", "o-abc1234567/r-wxyz", "//", "*", "${a}", "ou-\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := address.ParsePath(text)
		if err != nil {
			if !p.IsZero() || strings.Contains(err.Error(), "\n") {
				t.Errorf("Parse(%q) = %v, %v", text, p, err)
			}
			return
		}
		for _, again := range []string{p.String(), p.String() + "/", p.Pattern()} {
			if q, err := address.ParsePath(again); err != nil || q != p {
				t.Errorf("Parse(%q) = %v, %v, want %v", again, q, err, p)
			}
		}
		if strings.ContainsAny(p.String(), "*?$ \n") || !strings.HasSuffix(p.Pattern(), "/*") {
			t.Errorf("Parse(%q) lets %q through", text, p)
		}
		if strings.Count(p.String(), "/ou-") == 0 || !strings.HasPrefix(p.String(), p.Organization()+"/r-") {
			t.Errorf("Parse(%q) = %v, which is no OU", text, p)
		}
	})
}
