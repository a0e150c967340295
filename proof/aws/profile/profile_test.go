package profile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shared-queue/internal/problem"
)

func TestAskWithoutTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "input"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out strings.Builder
	if _, err := Ask(file, &out)(t.Context(), "web"); !errors.Is(err, ErrNoTerminal) || out.Len() > 0 {
		t.Errorf("got %v, wrote %q", err, &out)
	}
}

func TestReadLine(t *testing.T) {
	for name, c := range map[string]struct {
		typed, want string
		err         error
	}{
		"a code":                    {"123456\n", "123456", nil},
		"a code with spaces":        {"  123456 \r\n", "123456", nil},
		"a code and the end":        {"123456", "123456", nil},
		"the end instead of a code": {"", "", ErrNoTerminal},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readLine(t.Context(), strings.NewReader(c.typed))
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	t.Run("nobody types until it is interrupted", func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := readLine(ctx, r); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoad(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	text := "[profile guarded]\nrole_arn = arn:aws:iam::222222222222:role/web\nmfa_serial = arn:aws:iam::222222222222:mfa/alice\nsource_profile = alice\nregion = eu-west-1\n" +
		"[profile alice]\naws_access_key_id = AKIAALICE00000000000\naws_secret_access_key = secret\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Run("asks for the code of the profile that needs one", func(t *testing.T) {
		asked := ""
		loaded, err := Load(t.Context(), Source{Flag: "profile", Profile: "guarded", Code: func(_ context.Context, profile string) (string, error) {
			asked = profile
			return "", ErrNoTerminal
		}})
		if err != nil || loaded.Region != "eu-west-1" {
			t.Fatalf("Region %s, %v", loaded.Region, err)
		}
		if _, err := loaded.Credentials.Retrieve(t.Context()); !errors.Is(err, ErrNoTerminal) || asked != "guarded" {
			t.Errorf("asked %q, %v", asked, err)
		}
	})
	t.Run("names the flag of a profile that is not there", func(t *testing.T) {
		_, err := Load(t.Context(), Source{Flag: "insider-profile", Profile: "zoe"})
		if wrong := (*problem.Problem)(nil); !errors.As(err, &wrong) || wrong.Path != "-insider-profile" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("takes the Region that is asked for", func(t *testing.T) {
		loaded, err := Load(t.Context(), Source{Flag: "profile", Profile: "guarded", Region: "us-east-1"})
		if err != nil || loaded.Region != "us-east-1" {
			t.Errorf("Region %s, %v", loaded.Region, err)
		}
	})
}
