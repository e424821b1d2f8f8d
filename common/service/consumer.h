// consumer_main: everything a consumer program does besides its projection, tables and view. It opens the
// stores, runs the loop, serves HTTP, reports its health, and stops cleanly: drain, commit, then release.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/projection/projection.h"
#include "common/projection/runner.h"
#include "common/service/flags.h"
#include "common/service/view.h"
#include "common/sqlite/partition_files.h"

namespace godwit::service {

// What sets one consumer apart from another.
struct ConsumerSpec {
  std::string program;      // "godwit-progress"
  std::string description;  // for --help
  std::string listen;       // default HOST:PORT
  std::vector<std::string> topics;
  projection::StoreKey store_key = projection::StoreKey::partition;
  int version = 1;  // of the projection; filled in by consumer_main
};

// Flags of every consumer.
struct ConsumerFlags : ProgramFlags {
  std::string instance_id;
  std::int64_t lanes = 1;  // as many as there are cores, unless told otherwise
  std::int64_t http_threads = 16;
  std::int64_t streams_max = 10'000;
  bool repair = false;
  bool rebuild = false;
  std::string from = {};
  bool once = false;

  void add(Flags& flags, const ConsumerSpec& spec);
};

// What a consumer without settings of its own uses.
template <class P>
struct NoSettings {
  void add(Flags&) {}
  Result<P> projection() const { return P{}; }
};

using MakeView = std::function<Result<std::unique_ptr<View>>(const ViewContext&)>;

// The part that needs no type of the projection.
int run_consumer(const ConsumerSpec& spec, const ConsumerFlags& flags, projection::StoreFactory& stores,
                 const sqlite::Readers& readers, const std::string& store_directory,
                 const MakeView& make_view);

// `Settings` has add(Flags&) and projection(), or projection(data) for one that keeps something in the data
// directory, or projection(ConsumerFlags): the flags of this consumer and the projection they make. ViewType
// is constructed from (ViewContext, const Settings&).
template <projection::Projection P, class Tables, class ViewType, class Settings = NoSettings<P>>
int consumer_main(ConsumerSpec spec, int argc, char** argv) {
  Flags flags{spec.program, spec.description};
  ConsumerFlags common;
  common.group = std::string{"godwit-"} + std::string{P::name};
  common.add(flags, spec);
  Settings settings;
  settings.add(flags);
  if (const auto status = flags.parse(argc, argv)) return *status;
  spec.version = P::version;
  if (auto finished = common.kafka.finish(spec.program); !finished)
    return usage_error(spec.program, finished.error().message);
  auto projection = [&] {
    if constexpr (requires { settings.projection(common); }) {
      return settings.projection(common);
    } else if constexpr (requires { settings.projection(common.data); }) {
      return settings.projection(common.data);
    } else {
      return settings.projection();
    }
  }();
  if (!projection) return usage_error(spec.program, projection.error().message);
  sqlite::Readers readers;
  sqlite::PartitionFiles<P, Tables> stores{
      common.data, readers, *projection, {.repair = common.repair, .rebuild = common.rebuild}};
  return run_consumer(spec, common, stores, readers, stores.directory(),
                      [&](const ViewContext& context) -> Result<std::unique_ptr<View>> {
                        return std::unique_ptr<View>{std::make_unique<ViewType>(context, settings)};
                      });
}

}  // namespace godwit::service
