package settings

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
)

// environmentTag is the tag that every stack has, with its environment's name.
const environmentTag = "environment"

// maxTags is how many of a stack's 50 tags are free.
const maxTags = 49

// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
var (
	tagKey = address.Form{
		Pattern: regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$`),
		Except:  regexp.MustCompile(`^(` + address.AnyCase("aws") + `:|` + address.AnyCase(environmentTag) + `$)`),
	}
	tagValue = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,256}$`)
)

// checkTags reports tags that AWS would refuse.
func checkTags(tags map[string]string) error {
	var problems problem.List
	taken := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		lower := strings.ToLower(key)
		at := problem.Name(key)
		switch {
		case taken[lower] != "":
			problems.Add(at, problem.New(key, "tags that differ by more than case, as IAM does not tell it apart", "remove it or "+taken[lower]))
		case lower == environmentTag:
			problems.Add(at, problem.New(key, "any tag but environment, which every stack has", "remove it"))
		case !tagKey.Takes(key):
			problems.Add(at, problem.New(key, "1 to 128 letters, digits, spaces and _.:/=+@-, not beginning with aws:", "rename the tag"))
		case !tagValue.MatchString(tags[key]):
			problems.Add(at, problem.New(tags[key], "1 to 256 letters, digits, spaces and _.:/=+@-", "correct the tag's value"))
		}
		taken[lower] = key
	}
	if len(tags) > maxTags { // last, so that it hides none of them
		problems.Add("", problem.New(fmt.Sprintf("%d tags", len(tags)), fmt.Sprintf("at most %d, AWS allows 50 and one is the environment", maxTags), "remove some"))
	}
	return problems.Err()
}
