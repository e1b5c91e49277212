/// The position of a device, in WGS 84.
package struct Position: Sendable, Hashable, Codable {
    /// Degrees north and east.
    package var latitude: Double
    package var longitude: Double
    /// Metres above the ellipsoid or the sea, as the site's survey has it.
    package var elevation: Double?

    package init(latitude: Double, longitude: Double, elevation: Double? = nil) {
        self.latitude = latitude
        self.longitude = longitude
        self.elevation = elevation
    }
}
