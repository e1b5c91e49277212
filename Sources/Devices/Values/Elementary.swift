internal import Glibc

// The elementary functions of the C library. They have no names of their own in Swift without Foundation.

func raised(_ base: Double, to exponent: Double) -> Double { pow(base, exponent) }
func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func decimalLogarithm(_ x: Double) -> Double { log10(x) }
