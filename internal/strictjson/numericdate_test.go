package strictjson_test

import (
	"strings"
	"testing"
	"time"
)

func TestNumericDate(t *testing.T) {
	at := func(sec, nsec int64) time.Time { return time.Unix(sec, nsec).UTC() }
	for _, tt := range []struct {
		name, json string
		want       time.Time // zero: refused
	}{
		{"seconds", `1999999999`, at(1999999999, 0)},
		{"zero", `0`, at(0, 0)},
		{"minus zero", `-0`, at(0, 0)},
		{"a fraction (R7519-07)", `1999999999.5`, at(1999999999, 500_000_000)},
		{"a fraction no float64 holds", `1999999999.999999999`, at(1999999999, 999_999_999)},
		{"a fraction finer than nanoseconds", `1999999999.9999999999`, at(1999999999, 999_999_999)},
		{"a fraction of zero", `1.000`, at(1, 0)},
		{"an exponent (R7519-07)", `1.9e9`, at(1_900_000_000, 0)},
		{"a capital exponent with a sign", `19E+8`, at(1_900_000_000, 0)},
		{"a negative exponent", `19999999995e-1`, at(1_999_999_999, 500_000_000)},
		{"a tiny number", `1e-400`, at(0, 0)},
		{"a negative date (R7519-08)", `-1`, at(-1, 0)},
		{"a negative fraction", `-0.5`, at(0, -500_000_000)},
		{"a negative exponent form", `-1.5e0`, at(-1, -500_000_000)},
		{"the last second of year 9999", `253402300799`, at(253402300799, 0)},
		{"the last nanosecond of year 9999", `253402300799.999999999`, at(253402300799, 999_999_999)},
		{"the second second of year 1", `-62135596799`, at(-62135596799, 0)},

		{"year 10000 (R7519-08)", `253402300800`, time.Time{}},
		{"year 10000 with an exponent", `2.534023008e11`, time.Time{}},
		{"milliseconds (R7519-08)", `1783000000000`, time.Time{}},
		{"2 to the 63 (R7519-08)", `9223372036854775808`, time.Time{}},
		{"2 to the 64 plus a plausible date", `18446744075709551615`, time.Time{}},
		{"thirty digits", strings.Repeat("9", 30), time.Time{}},
		{"minus thirty digits", "-" + strings.Repeat("9", 30), time.Time{}},
		{"1e30 (R7519-08)", `1e30`, time.Time{}},
		{"1e400 (R7519-08)", `1e400`, time.Time{}},
		{"-1e400", `-1e400`, time.Time{}},
		{"the zero time, which would look absent", `-62135596800`, time.Time{}},
		{"the zero time with an exponent", `-621355968e2`, time.Time{}},
		{"the zero time with a fraction", `-62135596800.000`, time.Time{}},
		{"before year 1", `-62135596801`, time.Time{}},
		{"a string (R7519-06)", `"1999999999"`, time.Time{}},
		{"true (R7519-06)", `true`, time.Time{}},
		{"null (R7519-06)", `null`, time.Time{}},
		{"an array (R7519-06)", `[1999999999]`, time.Time{}},
		{"an object (R7519-06)", `{"a":1}`, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := value(t, tt.json).NumericDate()
			if ok == tt.want.IsZero() {
				t.Fatalf("%v, %v", got, ok)
			}
			if got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// Numbers that no instant stands for name the nearest one.
func TestNearestDate(t *testing.T) {
	first, last := time.Unix(-62135596799, 0).UTC(), time.Unix(253402300799, 0).UTC()
	for json, want := range map[string]time.Time{
		`1999999999.5`:                time.Unix(1999999999, 500_000_000).UTC(),
		`0`:                           time.Unix(0, 0).UTC(),
		`253402300799`:                last,
		`253402300800`:                last,
		`1783000000000`:               last,
		`9223372036854775808`:         last,
		`1e30`:                        last,
		`1e400`:                       last,
		strings.Repeat("9", 400):      last,
		`-62135596800`:                first,
		`-1e400`:                      first,
		"-" + strings.Repeat("9", 30): first,
		`"1999999999"`:                {},
		`null`:                        {},
		`[1]`:                         {},
	} {
		got, ok := value(t, json).NearestDate()
		if ok == want.IsZero() || !got.Equal(want) {
			t.Errorf("%s: %v, %t; want %v", json, got, ok, want)
		}
	}
}
