// What godwit-audit can be told beyond the flags of every consumer.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/service/flags.h"
#include "consumers/audit/checkpointer.h"
#include "consumers/audit/keep/keeper.h"
#include "consumers/audit/keep/redactions.h"
#include "consumers/audit/projection.h"
#include "consumers/audit/search.h"

namespace godwit::audit {

struct Settings {
  std::string access_events = "on";
  std::string own_events = "on";
  std::string signing_key = {};
  std::int64_t checkpoint_interval_s = 60;
  std::int64_t segments_kept = 0, days_kept = 0;  // 0: all, for ever
  std::string archive = {};
  std::shared_ptr<keep::PruneOrders> prunings = std::make_shared<keep::PruneOrders>();
  SegmentLimits segments = {};
  SearchOptions search = {};  // no flag: tests must not depend on how fast a machine is

  void add(service::Flags& flags) {
    flags.choice("access-events", access_events, {"on", "off"},
                 "Emit an audit.api_access event for each question to the audit");
    flags.choice(
        "own-events", own_events, {"on", "off"},
        "Emit an audit.* event when the audit starts, stops, seals or prunes a segment, or finds a gap");
    flags.text(
        "signing-key", signing_key,
        "File of the key that signs checkpoints, made if there is none (default DATA/audit/signing.key)");
    flags.integer("checkpoint-interval-s", checkpoint_interval_s, 1, 86'400,
                  "Sign at most so many seconds after a record came");
    flags.integer("keep", segments_kept, 0, 1'000'000, "Sealed segments kept of each partition; 0: all");
    flags.integer("keep-days", days_kept, 0, 100'000,
                  "Days that a sealed segment is kept after its latest event; 0: for ever");
    flags.text("archive", archive, "Folder to which a segment is written before it is pruned (zstd)");
    flags.integer("segment-bytes", segments.bytes_max, 1'000, 1'000'000'000,
                  "Bytes of records that end a segment; the same for all instances and always");
    flags.integer("segment-records", segments.rows_max, 2, 10'000'000,
                  "Records that end a segment; likewise");
  }
  // What was redacted is so again in a fold: the list lies in `data`.
  Result<Audit> projection(const std::string& data) const {
    const auto redactions = keep::read_redactions(data + "/audit/redactions.db");
    if (!redactions) return redactions.error();
    return Audit{.segments = segments,
                 .prunings = prunings,
                 .redactions = std::make_shared<const keep::Redactions>(*redactions)};
  }

  // `store_directory` is DATA/audit/v<version>; what lies in the folder above outlives versions.
  static std::string above(const std::string& store_directory) {
    return std::filesystem::path{store_directory}.parent_path().string();
  }
  keep::KeeperOptions keeper(const std::string& store_directory) const {
    return {.own_events = own_events == "on",
            .own_file = above(store_directory) + "/own.db",
            .retention = {.segments_kept = segments_kept, .days_kept = days_kept, .archive = archive}};
  }
  CheckpointerOptions checkpointer(const std::string& store_directory) const {
    const std::string above = Settings::above(store_directory);
    CheckpointerOptions out;
    out.key_file = signing_key.empty() ? above + "/signing.key" : signing_key;
    out.signed_file = above + "/signed.db";
    out.interval = Millis{checkpoint_interval_s * 1000};
    return out;
  }
};

}  // namespace godwit::audit
