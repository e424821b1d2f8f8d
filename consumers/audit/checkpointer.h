// Checkpointer: signs the trees of the partitions this instance has, and publishes what it has signed to
// godwit.checkpoints, where nobody who changes a store can change it too.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/sqlite/readers.h"
#include "common/stream/publisher.h"
#include "consumers/audit/ledger/key_file.h"
#include "consumers/audit/published_heads.h"
#include "consumers/audit/signed_heads.h"
#include "consumers/audit/stored_tree.h"

namespace godwit::audit {

struct CheckpointerOptions {
  std::string key_file;     // made, mode 0600, when there is none
  std::string signed_file;  // SignedHeads
  std::string topic = "godwit.checkpoints";
  Millis interval{60'000};  // at most so long after a record a tree with it is signed
  Millis look_interval{1'000};
  Millis publish_timeout{10'000};  // for the acknowledgement of one checkpoint; it is tried again
  std::int64_t publish_batch_max = 256;
};

// A tree is signed when an epoch or a segment ends, when `interval` has passed since a record came, and at
// the end. It is not when it is smaller than one that was signed, or no continuation of it: then somebody has
// put an older or another store in its place, which is logged and counted until it ends. Before a partition
// is first signed here, what all instances have published of it is read back, and counts as signed. latest(),
// covering(), key(), refused() and contradicted() are safe from every thread; the rest belongs to one.
class Checkpointer {
 public:
  // The ports outlive it.
  Checkpointer(const sqlite::Readers& files, stream::Publisher& publisher, const Clock& clock,
               CheckpointerOptions options, service::ReadTopic read_topic = {});
  ~Checkpointer() { stop(); }

  void start();
  // Signs and publishes what there is, once more.
  void stop();
  // One look at all partitions; also those trees whose time has not come when `all`.
  void look(bool all);

  std::optional<SignedHead> latest(const ledger::Origin& origin);
  // The smallest signed tree of at least that many leaves.
  std::optional<SignedHead> covering(const ledger::Origin& origin, std::uint64_t size);
  std::optional<ledger::VerifierKey> key() const;
  // A note of this text, once there is a key; it ends in a newline.
  std::optional<std::string> sign_text(const std::string& text) const;
  // Why a partition's tree is not signed, by origin.
  std::map<std::string, std::string> refused() const;
  // Those of them whose store is not what was signed.
  std::map<std::string, std::string> contradicted() const;

 private:
  Status open(const ledger::Origin& origin);
  void look_at(sqlite::Database& db, bool all);
  void learn_published();
  Status sign(StoredTree& tree, std::uint64_t size);
  Status require_published(StoredTree& tree);
  Status require_continuation(StoredTree& tree, const SignedHead& before);
  void publish();
  void note_refusal(const std::string& origin, const Status& outcome);

  const sqlite::Readers& files_;
  stream::Publisher& publisher_;
  const Clock& clock_;
  const CheckpointerOptions options_;
  mutable std::mutex mutex_;  // of what follows
  std::optional<SignedHeads> heads_;
  PublishedHeads published_;        // of the thread that looks
  std::string unread_;              // why it could not be read; likewise
  std::set<std::string> compared_;  // origins that go on from what was published
  std::optional<ledger::Signer> signer_;
  std::map<std::string, std::string> refused_, contradicted_;
  std::map<std::string, Timestamp> waiting_since_;  // of trees that have grown since they were signed
  ledger::Hasher hasher_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

// What is published: {"note":"...","frontier":"<base64>"}.
std::string checkpoint_json(const SignedHead& head);

}  // namespace godwit::audit
