// SPDX-License-Identifier: BSL-1.0
// No operation of the library is missing from op_list.hpp.
#include <op/op_list.hpp>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

namespace tessera::tests {
namespace {

/// What is public in the headers of op/ and is no operation: arguments of operations, what operations are made of, and `to`.
const std::set<std::string> others{"full_extent", "range", "fuse", "apply", "structured", "sum_to", "is_tracked", "to"};

/// The names that a header defines in namespace tessera itself: function objects, operators and function templates.
std::set<std::string> public_names(const std::filesystem::path& header) {
  static const std::regex object(R"(^inline constexpr [^=]*?(\w+)\{\};)"), function(R"(^(?:\[\[nodiscard\]\] )?\w[\w:<>&, ]*[ &](operator\S{1,2}|\w+)\(.*\{)"),
      open(R"(^namespace ([\w:]+) \{)"), close(R"(^\}  // namespace)");
  std::set<std::string> names;
  std::vector<std::string> spaces;
  std::ifstream file(header);
  std::string line;
  std::smatch match;
  while (std::getline(file, line)) {
    if (std::regex_search(line, match, open)) spaces.push_back(match[1]);
    else if (std::regex_search(line, close)) spaces.pop_back();
    else if (spaces == std::vector<std::string>{"tessera"} && (std::regex_search(line, match, object) || std::regex_search(line, match, function))) names.insert(match[1]);
  }
  return names;
}

std::set<std::string> listed_names() {
  std::set<std::string> names;
  const auto visit = [&](const auto& op) { names.insert(op.name); };
  unary_ops(visit);
  scalar_ops(visit);
  binary_ops(visit);
  ternary_ops(visit);
  compound_ops(visit);
  reductions(visit);
  searches(visit);
  movements(visit);
  selections(visit);
  contractions(visit);
  convolutions(visit);
  poolings(visit);
  normalizations(visit);
  conversions(visit);
  random_ops(visit);
  edge_ops(visit);
  integer_ops(visit);
  return names;
}

}  // namespace

TEST_CASE("op_list: every public operation is in the list, and the list names no other") {
  std::set<std::string> library;
  int headers = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(TESSERA_SOURCE_DIR) + "/include/tessera/op")) {
    if (entry.path().extension() != ".hpp") continue;
    ++headers;
    library.merge(public_names(entry.path()));
  }
  for (const std::string& name : others) library.erase(name);
  REQUIRE(headers > 10);
  REQUIRE(library.contains("operator+"));
  REQUIRE(library.contains("cast"));
  const std::set<std::string> listed = listed_names();
  for (const std::string& name : library) CHECK_MESSAGE(listed.contains(name), name, " has no case in tests/op/op_list.hpp");
  for (const std::string& name : listed) CHECK_MESSAGE(library.contains(name), name, " is no operation of the library");
}

}  // namespace tessera::tests
