package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// unmarshal is json.Unmarshal, but refuses an object that has a name twice: the
// first would be lost without a word.
func unmarshal(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	return checkNames(json.NewDecoder(bytes.NewReader(text)))
}

// checkNames reads one value of JSON that is known to be right.
func checkNames(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, _ := token.(json.Delim)
	if open != '{' && open != '[' {
		return nil
	}
	names := map[json.Token]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if names[name] {
				return fmt.Errorf("the name %q is there twice in one object", name)
			}
			names[name] = true
		}
		if err := checkNames(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing delimiter
	return err
}
