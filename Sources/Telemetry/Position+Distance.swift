internal import Glibc

extension Position {
    /// Returns the distance along the great circle, in kilometres, on a sphere of the earth's mean radius.
    ///
    /// The haversine formula; R. W. Sinnott, "Virtues of the Haversine", 1984.
    package func kilometres(to other: Position) -> Double {
        let radians = Double.pi / 180
        let (north, east) = ((other.latitude - latitude) * radians / 2, (other.longitude - longitude) * radians / 2)
        let square =
            sin(north) * sin(north) + cos(latitude * radians) * cos(other.latitude * radians) * sin(east) * sin(east)
        return 2 * 6371.0088 * asin(min(1, square.squareRoot()))
    }
}
