// Lists over all instances: each reads a page of its own rows, and the pages are merged into one. Rows have
// one order over all files, and a cursor is a place in it, so pages follow each other without a gap or a
// double whoever owns what meanwhile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cluster/gather.h"

namespace godwit::cluster {

struct Row {
  std::string place;  // in the order of the list; also the cursor of a page that ends here
  std::string json;   // or text, see Page
};

// The first rows behind the cursor, in order. A page that has more has one row at least, or an `end`.
struct Page {
  std::vector<Row> rows;
  bool more = false;
  // The cursor of a page that has more and ends behind its last row: what lies between was looked at, and
  // nothing of it belongs to the list.
  std::optional<std::string> end = {};
  // RFC 3339: rows of that time and before that the list should hold may have been removed for good.
  std::optional<std::string> pruned_before = {};
  bool rows_are_text = false;  // in UTF-8, and not JSON: never shown in a list
};

struct ListSpec {
  std::string name = {};  // of the member that holds the rows
  std::size_t rows_max = 100;
  std::size_t bytes_max = 16 * 1024 * 1024;  // of rows in an answer; a page has one row at least
  // Whether the row at place `a` comes before the one at `b`. Places that others sent may be anything.
  std::function<bool(std::string_view a, std::string_view b)> before = {};
  // At most rows_max rows of these files.
  std::function<Page(const sqlite::Readers& files)> read = {};
};

// {"rows":[{"place":...,"row":{...}}],"more":bool,"end":...}: a page as one instance gives it to another. A
// row that is text is a JSON string.
std::string to_wire(const Page& page);
std::optional<Page> read_wire(std::string_view json);

// The first rows of all pages together: never past the end of a page that has more, since what follows there
// is not known.
Page merge(std::vector<Page> pages, const ListSpec& spec);

// The page of all instances, asked for under `target`. Empty when the coverage is not known.
struct GatheredPage {
  Page page;
  Coverage coverage;
};
GatheredPage gather_page(Peers& peers, const sqlite::Readers& all, const std::string& target,
                         const ListSpec& spec);

// {"<name>":[...],"count":n,"next_cursor":...,"partial":...}; also "ended_early":true for a page that ends
// behind its last row, and "pruned_before".
http::Response list_response(const Page& page, const Coverage& coverage, const std::string& name);

// That list, or the page as it is to an instance that asks.
http::Response answer_list(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                           const ListSpec& spec);

// The same rows made into an answer by `compose`, which is called unless the coverage is not known.
using Compose = std::function<http::Response(const Page& page, const Coverage& coverage)>;
http::Response answer_rows(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                           const ListSpec& spec, const Compose& compose);

}  // namespace godwit::cluster
