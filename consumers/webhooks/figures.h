// Figures: how each endpoint fares, added up over partitions and instances.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/json/writer.h"
#include "common/sqlite/readers.h"
#include "consumers/webhooks/dispatcher.h"

namespace godwit::webhooks {

struct Figures {
  std::int64_t owed = 0;                      // not ended
  std::int64_t succeeded = 0, exhausted = 0;  // deliveries, of all time
  std::uint64_t tries = 0, tries_failed = 0;  // since the instances started
  double latency_seconds_sum = 0;             // of those tries
};
using FiguresByEndpoint = std::map<std::string, Figures>;

FiguresByEndpoint figures_of(const sqlite::Readers& files,
                             const std::map<std::string, EndpointHealth>& health);
void add(FiguresByEndpoint& sum, const FiguresByEndpoint& part);

// {"<endpoint>":[...]} between instances.
std::string to_wire(const FiguresByEndpoint& figures);
std::optional<FiguresByEndpoint> read_wire(std::string_view json);

// "owed","succeeded","exhausted","success_rate","tries","tries_failed","latency_ms_mean": members of an
// object.
void write_figures(json::Writer& out, const Figures& figures);

}  // namespace godwit::webhooks
