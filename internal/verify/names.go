package verify

import (
	"fmt"
	"maps"
	"slices"
)

// names sees to it that no two resources of the app that are made in one account
// and Region have one name: the second deployment would fail.
func (v *verifier) names(queues []*queue) {
	type name struct{ of, is string }
	taken := map[name]map[string]string{} // by account, Region and name, the resources that have it
	for _, t := range v.templates {
		for _, id := range slices.Sorted(maps.Keys(t.resources)) {
			r := t.resources[id]
			property := map[string]string{"AWS::SQS::Queue": "QueueName", "AWS::KMS::Alias": "AliasName"}[r.Type]
			if is := v.text(t, r.properties[property]); property != "" && is != "" && t.Account != "" && t.Region != "" {
				n := name{t.Account + " " + t.Region, is}
				if taken[n] == nil {
					taken[n] = map[string]string{}
				}
				taken[n][t.place(id)] = t.Path + "/" + id
			}
		}
	}
	reported := map[name]bool{}
	for _, q := range queues {
		for _, of := range []struct{ what, is string }{
			{"QueueName", q.at.Name}, {"QueueName of a dead-letter queue", q.at.DeadLetter().Name}, {"KeyAlias", q.at.KeyAlias()},
		} {
			n := name{q.Account + " " + q.Region, of.is}
			if len(taken[n]) < 2 || reported[n] {
				continue
			}
			reported[n] = true
			others := slices.Sorted(maps.Values(taken[n]))
			v.add("Name-Twice", q.of, q.queueID, fmt.Sprintf("%s %s is taken: %s and %s of account %s and Region %s have it", of.what, of.is, others[0], others[1], q.Account, q.Region),
				"choose another in one of the two")
		}
	}
}
