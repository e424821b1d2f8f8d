#include "consumers/audit/checkpointer.h"

#include <utility>

#include "common/base/base64.h"
#include "common/base/log.h"
#include "common/json/writer.h"

namespace godwit::audit {
namespace {

using ledger::Digest;

// The hashes of the complete subtrees that a tree of `size` leaves is made of.
Result<ledger::Frontier> frontier_of(ledger::NodeReader& nodes, std::uint64_t size) {
  ledger::Frontier out{.size = size};
  std::uint64_t first = 0;
  for (int height = 62; height >= 0; --height) {
    const std::uint64_t width = std::uint64_t{1} << static_cast<unsigned>(height);
    if ((size & width) == 0) continue;
    auto node = nodes.node(static_cast<unsigned>(height), first / width);
    if (!node) return node.error();
    out.nodes.push_back(*node);
    first += width;
  }
  return out;
}

}  // namespace

std::string checkpoint_json(const SignedHead& head) {
  json::Writer out;
  out.begin_object().member("note", head.note).member("frontier", base64(head.frontier.bytes()));
  out.end_object();
  return out.take();
}

Checkpointer::Checkpointer(const sqlite::Readers& files, stream::Publisher& publisher, const Clock& clock,
                           CheckpointerOptions options, service::ReadTopic read_topic)
    : files_(files),
      publisher_(publisher),
      clock_(clock),
      options_(std::move(options)),
      published_(std::move(read_topic), options_.topic) {}

void Checkpointer::start() {
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      look(false);
      std::unique_lock lock{mutex_};
      (void)wake_.wait_for(lock, stop, options_.look_interval, [] { return false; });
    }
  }};
}

void Checkpointer::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  look(true);
}

void Checkpointer::look(bool all) {
  try {
    learn_published();
    files_.for_each([&](const std::string&, sqlite::Database& db) {
      look_at(db, all);
      return true;
    });
    publish();
  } catch (const projection::StoreUnavailable& failure) {
    log_error("checkpoints wait: {}", failure.what());
  }
}

// The key's name holds the cluster's id, which the first partition file tells.
Status Checkpointer::open(const ledger::Origin& origin) {
  if (!signer_) {
    auto signer = ledger::open_key_file(options_.key_file, origin.key_name());
    if (!signer) return signer.error();
    signer_ = std::move(*signer);
    log_info("checkpoints are signed by {}", signer_->verifier().text());
  }
  if (!heads_) {
    auto heads = SignedHeads::open(options_.signed_file);
    if (!heads) return heads.error();
    heads_ = std::move(*heads);
  }
  return Done{};
}

// Of partitions that have come, while nobody waits for their files. What has gone may be signed elsewhere
// until it comes back.
void Checkpointer::learn_published() {
  std::vector<ledger::Origin> here;
  files_.for_each([&](const std::string&, sqlite::Database& db) {
    const auto tree = StoredTree::open(db);
    if (tree && tree->size() > 0) here.push_back(tree->origin());
    return true;
  });
  std::optional<ledger::VerifierKey> key;
  std::vector<std::string> new_here;
  {
    const std::lock_guard lock{mutex_};
    std::set<std::string> names;
    for (const ledger::Origin& origin : here) {
      names.insert(origin.text());
      if (!compared_.contains(origin.text()) && open(origin)) new_here.push_back(origin.text());
    }
    std::erase_if(compared_, [&](const std::string& origin) {
      if (names.contains(origin)) return false;
      published_.forget(origin);
      return true;
    });
    if (signer_) key = signer_->verifier();
  }
  if (new_here.empty() || !key) return;
  const Status learned = published_.learn(new_here, *key);
  unread_ = learned ? std::string{} : learned.error().message;
}

void Checkpointer::look_at(sqlite::Database& db, bool all) {
  auto tree = StoredTree::open(db);
  if (!tree || tree->size() == 0) return;
  const std::string origin = tree->origin().text();
  const std::lock_guard lock{mutex_};
  Status opened = open(tree->origin());
  if (opened) opened = require_published(*tree);
  if (!opened) return note_refusal(origin, opened);
  const auto before = heads_->latest(origin);
  const std::uint64_t last = before ? before->head.size : 0;
  Status outcome = before ? require_continuation(*tree, *before) : Status{Done{}};
  for (const std::uint64_t mark : tree->marks_after(last))
    if (outcome) outcome = sign(*tree, mark);
  if (outcome && tree->size() > last) {
    const Timestamp now = clock_.now();
    const Timestamp since = waiting_since_.emplace(origin, now).first->second;
    const auto signed_now = heads_->latest(origin);
    const bool grown = !signed_now || tree->size() > signed_now->head.size;
    if (grown && (all || now - since >= options_.interval)) outcome = sign(*tree, tree->size());
    if (!grown || all || now - since >= options_.interval) waiting_since_.erase(origin);
  }
  note_refusal(origin, outcome);
}

// The newest that was published, wherever, becomes what was signed here last.
Status Checkpointer::require_published(StoredTree& tree) {
  const std::string origin = tree.origin().text();
  if (compared_.contains(origin)) return Done{};
  if (!published_.knows(origin))
    return transient_error(fmt::format("what was published cannot be read yet: {}", unread_));
  if (const auto& newest = published_.latest(origin)) {
    if (Status goes_on = require_continuation(tree, *newest); !goes_on)
      return Error{goes_on.error().kind, "published in " + options_.topic + ": " + goes_on.error().message};
    const auto before = heads_->latest(origin);
    if (!before || before->head.size < newest->head.size) {
      const auto expected = before ? std::optional{before->head.size} : std::nullopt;
      if (heads_->add(origin, expected, *newest)) heads_->mark_published(origin, newest->head.size);
    }
  }
  compared_.insert(origin);
  return Done{};
}

Status Checkpointer::require_continuation(StoredTree& tree, const SignedHead& before) {
  if (tree.size() < before.head.size)
    return fatal_error(fmt::format(
        "the store has {} records, and {} were signed: it is an older one, or records were cut off",
        tree.size(), before.head.size));
  ledger::TileNodes nodes{hasher_, tree};
  const auto root = ledger::root_of(hasher_, nodes, before.head.size);
  if (!root) return root.error();
  if (*root == before.head.root) return Done{};
  return fatal_error(fmt::format("its first {} records are not those that were signed", before.head.size));
}

Status Checkpointer::sign(StoredTree& tree, std::uint64_t size) {
  ledger::TileNodes nodes{hasher_, tree};
  auto frontier = frontier_of(nodes, size);
  if (!frontier) return frontier.error();
  const std::string origin = tree.origin().text();
  const auto before = heads_->latest(origin);
  SignedHead head{{size, frontier->root(hasher_)}, {}, std::move(*frontier)};
  head.note = ledger::sign_checkpoint(*signer_, {tree.origin(), head.head});
  const auto expected = before ? std::optional{before->head.size} : std::nullopt;
  if (heads_->add(origin, expected, head)) return Done{};
  return transient_error(fmt::format("another process has signed in {} meanwhile", options_.signed_file));
}

void Checkpointer::publish() {
  std::vector<SignedHeads::Unpublished> owed;
  {
    const std::lock_guard lock{mutex_};
    if (heads_) owed = heads_->unpublished(options_.publish_batch_max);
  }
  for (const auto& [origin, head] : owed) {
    const auto placed = stream::publish_and_wait(
        publisher_, {.topic = options_.topic, .key = origin, .value = checkpoint_json(head), .headers = {}},
        options_.publish_timeout);
    if (!placed) {
      log_warn("the checkpoint of {} at {} is not published yet: {}", origin, head.head.size,
               placed.error().message);
      return;
    }
    const std::lock_guard lock{mutex_};
    heads_->mark_published(origin, head.head.size);
  }
}

// Said once, and again when it changes.
void Checkpointer::note_refusal(const std::string& origin, const Status& outcome) {
  if (outcome) {
    refused_.erase(origin);
    contradicted_.erase(origin);
    return;
  }
  if (outcome.error().kind == ErrorKind::fatal) contradicted_[origin] = outcome.error().message;
  std::string& known = refused_[origin];
  if (known == outcome.error().message) return;
  known = outcome.error().message;
  log_error("no checkpoint of {} is signed: {}", origin, known);
}

std::optional<SignedHead> Checkpointer::latest(const ledger::Origin& origin) {
  const std::lock_guard lock{mutex_};
  return heads_ ? heads_->latest(origin.text()) : std::nullopt;
}

std::optional<SignedHead> Checkpointer::covering(const ledger::Origin& origin, std::uint64_t size) {
  const std::lock_guard lock{mutex_};
  return heads_ ? heads_->covering(origin.text(), size) : std::nullopt;
}

std::optional<ledger::VerifierKey> Checkpointer::key() const {
  const std::lock_guard lock{mutex_};
  return signer_ ? std::optional{signer_->verifier()} : std::nullopt;
}

std::optional<std::string> Checkpointer::sign_text(const std::string& text) const {
  const std::lock_guard lock{mutex_};
  if (!signer_) return std::nullopt;
  return ledger::format_note({text, {ledger::sign(*signer_, text)}});
}

std::map<std::string, std::string> Checkpointer::refused() const {
  const std::lock_guard lock{mutex_};
  return refused_;
}

std::map<std::string, std::string> Checkpointer::contradicted() const {
  const std::lock_guard lock{mutex_};
  return contradicted_;
}

}  // namespace godwit::audit
