// Calls every method of onebusaway-sdk against the address in argv[2]; prints what each gave, as one JSON object.
import onebusaway from "onebusaway-sdk";

const client = new onebusaway({ apiKey: "any", baseURL: process.argv[2] });
const place = { lat: 3.6, lon: 98.52, latSpan: 0.1, lonSpan: 0.1 };
const calls = {
  agencyIds: async () => (await client.agenciesWithCoverage.list()).data.list.map((row) => row.agencyId),
  agency: async () => (await client.agency.retrieve("A")).data.entry.timezone,
  time: async () => (await client.currentTime.retrieve()).data.entry.time > 0,
  config: async () => (await client.config.retrieve()).code,
  routesForAgency: async () => (await client.routesForAgency.list("A")).data.list.map((row) => row.id),
  routeIds: async () => (await client.routeIdsForAgency.list("A")).data.list,
  stopsForAgency: async () => (await client.stopsForAgency.list("A")).data.list.length,
  stopIds: async () => (await client.stopIdsForAgency.list("A")).data.list[0],
  stop: async () => (await client.stop.retrieve("A_S5")).data.entry.name,
  route: async () => (await client.route.retrieve("A_R1")).data.entry.shortName,
  stopsForLocation: async () => (await client.stopsForLocation.list({ lat: 3.6, lon: 98.5 })).data.list[0].id,
  routesForLocation: async () => (await client.routesForLocation.list({ lat: 3.6, lon: 98.5 })).data.list[0].id,
  searchForStop: async () => (await client.searchForStop.list({ input: "Halte S5" })).data.list[0].id,
  searchForRoute: async () => (await client.searchForRoute.list({ input: "Pangkal" })).data.list[0].id,
  stopsForRoute: async () => (await client.stopsForRoute.list("A_R1")).data.entry.stopIds.length,
  shape: async () => (await client.shape.retrieve("A_shape")).data.entry.length,
  trip: async () => (await client.trip.retrieve("A_T1")).data.entry.routeId,
  tripDetails: async () => (await client.tripDetails.retrieve("A_T1")).data.entry.status.vehicleId,
  tripForVehicle: async () => (await client.tripForVehicle.retrieve("A_BUS1")).data.entry.tripId,
  tripsForRoute: async () => (await client.tripsForRoute.list("A_R1")).data.list.map((row) => row.tripId),
  tripsForLocation: async () => (await client.tripsForLocation.list(place)).data.list.map((row) => row.tripId),
  vehicles: async () => (await client.vehiclesForAgency.list("A")).data.list.map((row) => row.vehicleId),
  scheduleForStop: async () => (await client.scheduleForStop.retrieve("A_S5")).data.entry.stopRouteSchedules[0].routeId,
  scheduleForRoute: async () => (await client.scheduleForRoute.retrieve("A_R1")).data.entry.stopTripGroupings[0].tripIds,
  arrivals: async () => (await client.arrivalAndDeparture.list("A_S5")).data.entry.arrivalsAndDepartures.map((row) => row.tripId),
  arrival: async () =>
    (await client.arrivalAndDeparture.retrieve("A_S5", { tripId: "A_T1", serviceDate: 0 })).data.entry.predicted,
  reportStop: async () => (await client.reportProblemWithStop.retrieve("A_S5", { code: "stop_name_wrong" })).code,
  reportTrip: async () => (await client.reportProblemWithTrip.retrieve("A_T1", { code: "vehicle_never_came" })).code,
  unknownStop: async () => client.stop.retrieve("A_nowhere").catch((error) => error.status),
  unknownBlock: async () => client.block.retrieve("A_none").catch((error) => error.status),
};
const found = {};
for (const [name, call] of Object.entries(calls)) found[name] = await call();
const resources = Object.keys(client).filter((name) => client[name]?._client === client);
console.log(JSON.stringify({ found, resources }));
