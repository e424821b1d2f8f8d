// The text of pages: what promtool does not look at, and how the two formats differ.
#include "common/metrics/exposition.h"

#include <doctest/doctest.h>

#include <array>
#include <limits>

namespace godwit::metrics {
namespace {

constexpr std::array<double, 3> bounds{0.005, 1, 2.5};
constexpr std::array<std::uint64_t, 4> buckets{1, 0, 2, 4};
const Exemplar exemplar{"0af7651916cd43dd8448eb211c80319c", 2.25, from_unix_ms(1'790'000'000'025)};

std::string page(Format format) {
  Exposition out{format};
  out.family("jobs_total", Kind::counter, "Jobs \"done\"\n\\ or not");
  out.sample({{"name", "a\"b\\c\nd"}}, std::uint64_t{18'446'744'073'709'551'615U}, &exemplar);
  out.family("old", Kind::untyped, "An old name");
  out.sample({}, std::uint64_t{7});
  const std::array<const Exemplar*, 4> exemplars{nullptr, nullptr, &exemplar, nullptr};
  out.family("took_seconds", Kind::histogram, "Time");
  out.histogram({{"x", "y"}}, bounds, buckets, 12.5, exemplars);
  return out.take();
}

TEST_CASE("0.0.4: heads before samples, values escaped, no exemplar, no end") {
  CHECK(page(Format::text) == R"(# HELP jobs_total Jobs "done"\n\\ or not
# TYPE jobs_total counter
jobs_total{name="a\"b\\c\nd"} 18446744073709551615
# HELP old An old name
# TYPE old untyped
old 7
# HELP took_seconds Time
# TYPE took_seconds histogram
took_seconds_bucket{x="y",le="0.005"} 1
took_seconds_bucket{x="y",le="1.0"} 1
took_seconds_bucket{x="y",le="2.5"} 3
took_seconds_bucket{x="y",le="+Inf"} 7
took_seconds_sum{x="y"} 12.5
took_seconds_count{x="y"} 7
)");
}

TEST_CASE("OpenMetrics: a counter's family has no _total, untyped is unknown, exemplars, and an end") {
  CHECK(page(Format::openmetrics) == R"(# TYPE jobs counter
# HELP jobs Jobs \"done\"\n\\ or not
jobs_total{name="a\"b\\c\nd"} 18446744073709551615 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 2.25 1790000000.025
# TYPE old unknown
# HELP old An old name
old 7
# TYPE took_seconds histogram
# HELP took_seconds Time
took_seconds_bucket{x="y",le="0.005"} 1
took_seconds_bucket{x="y",le="1.0"} 1
took_seconds_bucket{x="y",le="2.5"} 3 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 2.25 1790000000.025
took_seconds_bucket{x="y",le="+Inf"} 7
took_seconds_sum{x="y"} 12.5
took_seconds_count{x="y"} 7
# EOF
)");
}

TEST_CASE("a counter without _total cannot be one in OpenMetrics") {
  Exposition out{Format::openmetrics};
  out.family("jobs", Kind::counter, "Jobs");
  out.sample({}, std::uint64_t{1});
  CHECK(out.take() == "# TYPE jobs unknown\n# HELP jobs Jobs\njobs 1\n# EOF\n");
}

TEST_CASE("an empty OpenMetrics page is its end alone") {
  CHECK(Exposition{Format::openmetrics}.take() == "# EOF\n");
  CHECK(Exposition{}.take().empty());
}

TEST_CASE("bounds are written as OpenMetrics has them, exactly") {
  CHECK(format_bound(1) == "1.0");
  CHECK(format_bound(172800) == "172800.0");
  CHECK(format_bound(1e6) == "1e+06");
  CHECK(format_bound(1234567) == "1.234567e+06");
  CHECK(format_bound(0.0025) == "0.0025");
  CHECK(format_bound(1e-5) == "1e-05");
  CHECK(format_bound(std::numeric_limits<double>::infinity()) == "+Inf");
}

}  // namespace
}  // namespace godwit::metrics
