#include "common/cluster/list.h"

#include <algorithm>

#include "common/json/fields.h"

namespace godwit::cluster {
namespace {

constexpr int nesting_max = 64;

// Of a page that has more.
const std::string& cursor_after(const Page& page) { return page.end ? *page.end : page.rows.back().place; }

// The earliest end of a page that has more.
std::optional<std::string> known_until(const std::vector<Page>& pages, const ListSpec& spec) {
  std::optional<std::string> out;
  for (const Page& page : pages) {
    if (!page.more || (page.rows.empty() && !page.end)) continue;
    const std::string& end = cursor_after(page);
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

}  // namespace

http::Response list_response(const Page& page, const Coverage& coverage, const std::string& name) {
  json::Writer out;
  out.begin_object().key(name).begin_array();
  for (const Row& row : page.rows) out.raw(row.json);
  out.end_array().member("count", static_cast<std::int64_t>(page.rows.size()));
  out.member("next_cursor", page.more ? std::optional{cursor_after(page)} : std::nullopt);
  if (page.end) out.member("ended_early", true);
  out.member_if("pruned_before", page.pruned_before);
  write_coverage(out, coverage);
  out.end_object();
  return http::json_response(out.take());
}

std::string to_wire(const Page& page) {
  json::Writer out;
  out.begin_object().key("rows").begin_array();
  for (const Row& row : page.rows) {
    out.begin_object().member("place", row.place).key("row");
    page.rows_are_text ? out.value(row.json) : out.raw(row.json);
    out.end_object();
  }
  out.end_array()
      .member("more", page.more)
      .member_if("end", page.end)
      .member_if("pruned_before", page.pruned_before)
      .end_object();
  return out.take();
}

std::optional<Page> read_wire(std::string_view json) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !json::nests_within(document, nesting_max)) return std::nullopt;
  const json::Object in{document};
  const auto more = in.maybe_flag("more");
  if (!more) return std::nullopt;
  Page out{.rows = {}, .more = *more, .end = in.text("end"), .pruned_before = in.text("pruned_before")};
  bool ok = true;
  in.each("rows", [&](const rapidjson::Value& value) {
    const json::Object row{value};
    auto place = row.text("place");
    const auto* content = row.find("row");
    ok = ok && place && content != nullptr;
    if (!ok) return;
    out.rows_are_text = content->IsString();
    out.rows.push_back({std::move(*place), out.rows_are_text
                                               ? std::string{content->GetString(), content->GetStringLength()}
                                               : json::text_of(*content)});
  });
  if (!ok || (out.more && out.rows.empty() && !out.end)) return std::nullopt;
  return out;
}

Page merge(std::vector<Page> pages, const ListSpec& spec) {
  const auto until = known_until(pages, spec);
  Page out;
  for (Page& page : pages) {
    out.more = out.more || page.more;
    out.pruned_before = std::max(out.pruned_before, page.pruned_before);  // none is less than any
    out.rows_are_text = out.rows_are_text || page.rows_are_text;
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
  if (count < out.rows.size()) {
    out.more = true;
    out.rows.resize(count);
  } else if (until && (out.rows.empty() || out.rows.back().place != *until)) {
    out.end = until;
  }
  return out;
}

GatheredPage gather_page(Peers& peers, const sqlite::Readers& all, const std::string& target,
                         const ListSpec& spec) {
  auto gathered = gather_parts<Page>(peers, all, target, spec.read, read_wire);
  return {merge(std::move(gathered.parts), spec), std::move(gathered.coverage)};
}

http::Response answer_rows(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                           const ListSpec& spec, const Compose& compose) {
  if (is_hop(request))
    return answer_hop(all, request, [&](const sqlite::Readers& files) {
      return http::json_response(to_wire(spec.read(files)));
    });
  const GatheredPage gathered = gather_page(peers, all, http::target_of(request), spec);
  if (!gathered.coverage.known) return not_known(peers);
  return compose(gathered.page, gathered.coverage);
}

http::Response answer_list(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                           const ListSpec& spec) {
  return answer_rows(peers, all, request, spec, [&](const Page& page, const Coverage& coverage) {
    return list_response(page, coverage, spec.name);
  });
}

}  // namespace godwit::cluster
