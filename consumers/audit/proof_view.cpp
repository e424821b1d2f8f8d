#include "consumers/audit/proof_view.h"

#include <fmt/format.h>

#include <charconv>

#include "common/base/base64.h"
#include "common/cluster/list.h"
#include "common/cluster/route.h"
#include "common/http/parameters.h"
#include "common/json/fields.h"
#include "common/json/writer.h"
#include "common/projection/store_key.h"
#include "consumers/audit/answer.h"
#include "consumers/audit/ledger/proof_text.h"
#include "consumers/audit/ledger/tiles.h"

namespace godwit::audit {
namespace {

using http::Request;
using http::Response;

constexpr std::int64_t partition_max = 1'000'000;
constexpr std::int64_t size_max = std::int64_t{1} << 53;
constexpr std::size_t topic_bytes_max = 249;  // Kafka's
constexpr std::size_t text_bytes_max = 1024;
constexpr int retry_after_seconds = 10;
constexpr std::size_t checkpoints_max = 1000;
constexpr const char* immutable = "public, max-age=31536000, immutable";

Response text_response(std::string text, const char* cache = "no-store") {
  Response out;
  out.status = 200;
  out.content_type = "text/plain; charset=utf-8";
  out.body = std::move(text);
  out.headers.emplace_back("Cache-Control", cache);
  return out;
}

Response bytes_response(std::string bytes) {
  Response out = text_response(std::move(bytes), immutable);
  out.content_type = "application/octet-stream";
  return out;
}

Response no_such_tile(std::uint64_t size, const ledger::Tile& wanted) {
  return http::problem(404, fmt::format("the tree of {} leaves has no {}", size, wanted.path()));
}

// Calls visit(StoredTree&) for the tree of that store, if it has a record. Nothing else of the store can be
// read meanwhile.
template <class Visit>
void with_tree(const sqlite::Readers& files, const std::string& store, const Visit& visit) {
  files.for_each([&](const std::string& file, sqlite::Database& db) {
    if (file != store) return true;
    if (auto tree = StoredTree::open(db)) visit(*tree);
    return false;
  });
}

Response pruned_leaves(const StoredTree& tree) {
  return http::problem(
      410, fmt::format("the first {} records were pruned: of single ones among them nothing is left",
                       tree.first_kept()));
}

Response not_signed_yet(const std::string& what) {
  return http::retry_later(503, what + " is not under a signed checkpoint yet", retry_after_seconds);
}

// Of the path.
std::optional<std::int64_t> partition_of(const Request& request) {
  std::int64_t out = -1;
  const std::string& text = request.param("partition");
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return whole && out >= 0 && out <= partition_max ? std::optional{out} : std::nullopt;
}

Response no_such_partition(const Request& request) {
  return http::problem(404, fmt::format("there is no partition {}", request.param("partition")));
}

void write_hashes(json::Writer& out, const ledger::Proof& hashes) {
  out.begin_array();
  for (const ledger::Digest& hash : hashes) out.value(base64(ledger::as_bytes(hash)));
  out.end_array();
}

}  // namespace

void ProofView::routes(http::Router& router) {
  const auto add = [&](const std::string& path, Response (ProofView::*answer)(const Request&) const) {
    router.get("/api/v1/audit/" + path, [this, answer](const Request& request) {
      return answer_or_503([&] { return (this->*answer)(request); });
    });
  };
  add("checkpoint", &ProofView::checkpoints);
  add("key", &ProofView::key);
  add("proof/inclusion", &ProofView::inclusion);
  add("proof/consistency", &ProofView::consistency);
  const std::string log = "log/{topic}/{partition}/";
  add(log + "checkpoint", &ProofView::log_checkpoint);
  // "x001/x234/067.p/8" has four segments at most: a tile's index has nine digits.
  std::string path = log + "tile/{level}";
  for (const char* part : {"/{a}", "/{b}", "/{c}", "/{d}"}) add(path += part, &ProofView::tile);
}

template <class Answer>
Response ProofView::of_store(const Request& request, const std::string& topic, std::int64_t partition,
                             const Answer& answer) const {
  const auto store = projection::store_name(projection::StoreKey::topic_partition, topic,
                                            stream::Partition{static_cast<std::int32_t>(partition)});
  return cluster::answer_store(
      context_.peers, context_.readers, request, store, [&](const sqlite::Readers& files) {
        std::optional<Response> out = answer(files, store);
        return out ? std::move(*out)
                   : http::problem(404, fmt::format("no record of {}/{}", topic, partition));
      });
}

template <class Answer>
Response ProofView::of_tree(const Request& request, const std::string& topic, std::int64_t partition,
                            const Answer& answer) const {
  return of_store(request, topic, partition, [&](const sqlite::Readers& files, const std::string& store) {
    std::optional<Response> out;
    with_tree(files, store, [&](StoredTree& tree) { out = answer(tree); });
    return out;
  });
}

Response ProofView::checkpoint(const Request& request, const std::string& topic,
                               std::int64_t partition) const {
  return of_tree(request, topic, partition, [&](const StoredTree& tree) {
    const auto head = checkpointer_.latest(tree.origin());
    return head ? text_response(head->note) : not_signed_yet(tree.origin().text());
  });
}

Response ProofView::key(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const auto key = checkpointer_.key();
  return key ? text_response(key->text() + "\n") : not_signed_yet("no record");
}

Response ProofView::log_checkpoint(const Request& request) const {
  const auto partition = partition_of(request);
  return partition ? checkpoint(request, request.param("topic"), *partition) : no_such_partition(request);
}

// One as a text, or all as a list.
Response ProofView::checkpoints(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {"topic", "partition"}))
    return http::bad_parameter(*unknown);
  const auto topic = http::query_text(request, "topic", topic_bytes_max);
  if (!topic) return http::bad_parameter(topic.error());
  const auto partition = http::query_integer(request, "partition", {.min = 0, .max = partition_max});
  if (!partition) return http::bad_parameter(partition.error());
  if (*topic) return checkpoint(request, **topic, *partition);
  const auto read = [this](const sqlite::Readers& files) {
    cluster::Page out;
    files.for_each([&](const std::string& file, sqlite::Database& db) {
      const auto tree = StoredTree::open(db);
      const auto head = tree ? checkpointer_.latest(tree->origin()) : std::nullopt;
      if (!head) return true;
      json::Writer json;
      json.begin_object().member("topic", tree->origin().topic);
      json.member("partition", std::int64_t{tree->origin().partition})
          .member("origin", tree->origin().text());
      json.member("size", head->head.size).member("note", head->note).end_object();
      out.rows.push_back({file, json.take()});
      return true;
    });
    return out;
  };
  return cluster::answer_list(context_.peers, context_.readers, request,
                              {.name = "checkpoints",
                               .rows_max = checkpoints_max,
                               .before = [](auto a, auto b) { return a < b; },
                               .read = read});
}

// Empty when no signed tree has the record yet.
std::string ProofView::proof_of(const Found& found, const sqlite::Readers& files) const {
  std::string out;
  with_tree(files, found.place.file, [&](StoredTree& tree) {
    const auto index = static_cast<std::uint64_t>(found.row.id);
    const auto head = checkpointer_.covering(tree.origin(), index + 1);
    if (!head || head->head.size > tree.size()) return;
    ledger::Hasher hasher;
    ledger::TileNodes nodes{hasher, tree};
    auto proof = ledger::prove_inclusion(hasher, nodes, index, head->head.size);
    if (!proof) throw projection::StoreUnavailable{proof.error().message};
    const std::string leaf = ledger::leaf_data(leaf_of(found.row, hasher));
    out = ledger::ProofText{leaf, index, std::move(*proof), head->note}.text();
  });
  return out;
}

Response ProofView::inclusion(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {"event_id", "source"}))
    return http::bad_parameter(*unknown);
  const auto event_id = http::query_text(request, "event_id", text_bytes_max);
  if (!event_id) return http::bad_parameter(event_id.error());
  if (!*event_id) return http::bad_parameter({"event_id", "parameter 'event_id' is required"});
  const auto source = http::query_text(request, "source", text_bytes_max);
  if (!source) return http::bad_parameter(source.error());
  const auto read = [&](const sqlite::Readers& files) {
    cluster::Page out;
    for (const Found& found : archive_.event(files, **event_id, *source, 1)) {
      json::Writer json;
      json.begin_object().member("proof", proof_of(found, files)).end_object();
      out.rows.push_back({fmt::format("{}{}", found.row.duplicate ? 1 : 0, found.place.file), json.take()});
    }
    if (out.rows.empty() && archive_.was_pruned(files, **event_id)) out.rows.push_back(pruned_row());
    return out;
  };
  const auto compose = [&](const cluster::Page& page, const cluster::Coverage& coverage) {
    if (page.rows.empty() && !coverage.whole()) return cluster::not_whole(context_.peers, coverage);
    if (page.rows.empty()) return http::problem(404, fmt::format("event {} not found", **event_id));
    if (is_pruned(page)) return pruned_response(**event_id);
    rapidjson::Document document;
    document.Parse<json::parse_flags>(page.rows.front().json.data(), page.rows.front().json.size());
    const auto proof = json::Object{document}.text("proof");
    if (!proof || proof->empty()) return not_signed_yet("event " + **event_id);
    return text_response(*proof);
  };
  return cluster::answer_rows(context_.peers, context_.readers, request,
                              {.rows_max = 1, .before = [](auto a, auto b) { return a < b; }, .read = read},
                              compose);
}

Response ProofView::consistency(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {"topic", "partition", "from", "to"}))
    return http::bad_parameter(*unknown);
  const auto topic = http::query_text(request, "topic", topic_bytes_max);
  if (!topic) return http::bad_parameter(topic.error());
  if (!*topic) return http::bad_parameter({"topic", "parameter 'topic' is required"});
  const auto partition = http::query_integer(request, "partition", {.min = 0, .max = partition_max});
  if (!partition) return http::bad_parameter(partition.error());
  const auto from = http::query_integer(request, "from", {.min = 1, .max = size_max, .fallback = 1});
  if (!from) return http::bad_parameter(from.error());
  const auto to = http::query_integer(request, "to", {.min = 0, .max = size_max});
  if (!to) return http::bad_parameter(to.error());
  return of_tree(request, **topic, *partition, [&](StoredTree& tree) {
    const auto first = static_cast<std::uint64_t>(*from);
    const auto second = *to == 0 ? tree.size() : static_cast<std::uint64_t>(*to);
    if (second > tree.size() || first > second)
      return http::bad_parameter(
          {second > tree.size() ? "to" : "from",
           fmt::format("the tree has {} leaves: 1 <= from <= to <= {}", tree.size(), tree.size())});
    ledger::Hasher hasher;
    ledger::TileNodes nodes{hasher, tree};
    const auto old_root = ledger::root_of(hasher, nodes, first);
    const auto new_root = ledger::root_of(hasher, nodes, second);
    const auto proof = ledger::prove_consistency(hasher, nodes, first, second);
    for (const Error* error : {old_root ? nullptr : &old_root.error(), new_root ? nullptr : &new_root.error(),
                               proof ? nullptr : &proof.error()})
      if (error != nullptr && first < tree.first_kept()) {
        return pruned_leaves(tree);
      } else if (error != nullptr) {
        throw projection::StoreUnavailable{error->message};
      }
    json::Writer out;
    out.begin_object().member("origin", tree.origin().text()).member("from", first).member("to", second);
    out.member("from_root", base64(ledger::as_bytes(*old_root)))
        .member("to_root", base64(ledger::as_bytes(*new_root)));
    out.key("proof");
    write_hashes(out, *proof);
    out.end_object();
    return http::json_response(out.take());
  });
}

Response ProofView::tile(const Request& request) const {
  std::string path = "tile/" + request.param("level");
  for (const auto& [name, part] : request.path_parameters)
    if (name.size() == 1) path += "/" + part;  // a, b, c, d
  const auto wanted = ledger::Tile::parse(path);
  if (!wanted) return http::problem(404, fmt::format("there is no {}", path));
  const auto partition = partition_of(request);
  if (!partition) return no_such_partition(request);
  const std::string& topic = request.param("topic");
  if (!wanted->level) return entries(request, topic, *partition, *wanted);
  return of_tree(request, topic, *partition, [&](StoredTree& tree) {
    if (wanted->width > ledger::width_in(tree.size(), *wanted->level, wanted->index))
      return no_such_tile(tree.size(), *wanted);
    const auto hashes = tree.hashes(*wanted->level, wanted->index * ledger::tile_width, wanted->width);
    if (!hashes && *wanted->level == 0 && wanted->index * ledger::tile_width < tree.first_kept())
      return pruned_leaves(tree);
    if (!hashes) throw projection::StoreUnavailable{hashes.error().message};
    return bytes_response(ledger::tile_bytes(*hashes));
  });
}

Response ProofView::entries(const Request& request, const std::string& topic, std::int64_t partition,
                            const ledger::Tile& wanted) const {
  const auto answer = [&](const sqlite::Readers& files, const std::string& store) -> std::optional<Response> {
    std::optional<std::uint64_t> size;
    std::optional<Response> pruned;
    with_tree(files, store, [&](StoredTree& tree) {
      size = tree.size();
      if (wanted.index * ledger::tile_width < tree.first_kept()) pruned = pruned_leaves(tree);
    });
    if (pruned) return pruned;
    if (!size) return std::nullopt;
    if (wanted.width > ledger::width_in(*size, 0, wanted.index)) return no_such_tile(*size, wanted);
    const auto first = static_cast<std::int64_t>(wanted.index * ledger::tile_width);
    ledger::Hasher hasher;
    std::string bundle;
    for (const Row& row : archive_.rows(files, store, first, first + wanted.width))
      if (Status added = ledger::append_entry(bundle, ledger::leaf_data(leaf_of(row, hasher))); !added)
        return http::problem(404, added.error().message);
    return bytes_response(std::move(bundle));
  };
  return of_store(request, topic, partition, answer);
}

}  // namespace godwit::audit
