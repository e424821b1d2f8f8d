#include "common/cluster/list.h"

#include <algorithm>

#include "common/json/fields.h"

namespace godwit::cluster {
namespace {

constexpr int nesting_max = 64;

// The earliest end of a page that has more.
std::optional<std::string> known_until(const std::vector<Page>& pages, const ListSpec& spec) {
  std::optional<std::string> out;
  for (const Page& page : pages) {
    if (!page.more || page.rows.empty()) continue;
    const std::string& end = page.rows.back().place;
    if (!out || spec.before(end, *out)) out = end;
  }
  return out;
}

std::size_t rows_that_fit(const std::vector<Row>& rows, const ListSpec& spec) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < rows.size() && count < spec.rows_max) {
    bytes += rows[count].json.size();
    if (count > 0 && bytes > spec.bytes_max) break;
    ++count;
  }
  return count;
}

http::Response as_list(const Page& page, const Coverage& coverage, const std::string& name) {
  json::Writer out;
  out.begin_object().key(name).begin_array();
  for (const Row& row : page.rows) out.raw(row.json);
  out.end_array().member("count", static_cast<std::int64_t>(page.rows.size()));
  out.member("next_cursor", page.more ? std::optional{page.rows.back().place} : std::nullopt);
  write_coverage(out, coverage);
  out.end_object();
  return http::json_response(out.take());
}

}  // namespace

std::string to_wire(const Page& page) {
  json::Writer out;
  out.begin_object().key("rows").begin_array();
  for (const Row& row : page.rows)
    out.begin_object().member("place", row.place).member_raw("row", row.json).end_object();
  out.end_array().member("more", page.more).end_object();
  return out.take();
}

std::optional<Page> read_wire(std::string_view json) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !json::nests_within(document, nesting_max)) return std::nullopt;
  const json::Object in{document};
  const auto more = in.maybe_flag("more");
  if (!more) return std::nullopt;
  Page out{.rows = {}, .more = *more};
  bool ok = true;
  in.each("rows", [&](const rapidjson::Value& value) {
    const json::Object row{value};
    auto place = row.text("place");
    const auto* content = row.find("row");
    ok = ok && place && content != nullptr;
    if (ok) out.rows.push_back({std::move(*place), json::text_of(*content)});
  });
  if (!ok || (out.more && out.rows.empty())) return std::nullopt;
  return out;
}

Page merge(std::vector<Page> pages, const ListSpec& spec) {
  const auto until = known_until(pages, spec);
  Page out;
  for (Page& page : pages) {
    out.more = out.more || page.more;
    for (Row& row : page.rows) {
      if (until && spec.before(*until, row.place))
        out.more = true;
      else
        out.rows.push_back(std::move(row));
    }
  }
  std::stable_sort(out.rows.begin(), out.rows.end(),
                   [&](const Row& a, const Row& b) { return spec.before(a.place, b.place); });
  const std::size_t count = rows_that_fit(out.rows, spec);
  out.more = out.more || count < out.rows.size();
  out.rows.resize(count);
  return out;
}

http::Response answer_rows(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                           const ListSpec& spec, const Compose& compose) {
  if (is_hop(request))
    return answer_hop(all, request, [&](const sqlite::Readers& files) {
      return http::json_response(to_wire(spec.read(files)));
    });
  auto gathered = gather_parts<Page>(peers, all, http::target_of(request), spec.read, read_wire);
  if (!gathered.coverage.known) return not_known(peers);
  return compose(merge(std::move(gathered.parts), spec), gathered.coverage);
}

http::Response answer_list(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                           const ListSpec& spec) {
  return answer_rows(peers, all, request, spec, [&](const Page& page, const Coverage& coverage) {
    return as_list(page, coverage, spec.name);
  });
}

}  // namespace godwit::cluster
