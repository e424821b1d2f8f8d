// PublishedHeads: what godwit.checkpoints holds of each partition: what all instances have signed, also those
// whose folder is not here. Private to consumers/audit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/service/view.h"
#include "consumers/audit/ledger/keys.h"
#include "consumers/audit/signed_heads.h"

namespace godwit::audit {

// Used by one thread at a time.
class PublishedHeads {
 public:
  // So many of the newest checkpoints are read first; all of them only for a partition that is not among
  // these.
  static constexpr std::int64_t newest_max = 20'000;

  // Without `read` nothing was ever published.
  PublishedHeads(service::ReadTopic read, std::string topic)
      : read_(std::move(read)), topic_(std::move(topic)) {}

  // Reads the topic, when one of `origins` was not learned since it was last forgotten. Takes its time.
  // `transient` when it cannot be read now.
  Status learn(const std::vector<std::string>& origins, const ledger::VerifierKey& key);
  bool knows(const std::string& origin) const { return known_.contains(origin); }
  // The largest that the key has signed, of one that is known; nullopt when there is none.
  const std::optional<SignedHead>& latest(const std::string& origin) const { return known_.at(origin); }
  // Others may have published for it since.
  void forget(const std::string& origin) { known_.erase(origin); }

 private:
  // How many records were read.
  Result<std::int64_t> read(std::optional<std::int64_t> newest, const ledger::VerifierKey& key,
                            std::map<std::string, SignedHead>& found) const;

  const service::ReadTopic read_;
  const std::string topic_;
  std::map<std::string, std::optional<SignedHead>> known_;
};

}  // namespace godwit::audit
