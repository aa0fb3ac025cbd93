//! What holds for every graph and every process.

use proptest::prelude::*;

use super::testing::{engines, files};
use super::*;

/// What each of some nodes needs, cycles and needs of oneself included.
fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1_usize..8)
        .prop_flat_map(|size| {
            prop::collection::vec(
                prop::collection::vec(prop::bool::weighted(0.25), size),
                size,
            )
        })
        .prop_map(|rows| {
            let needed = |row: Vec<bool>| (0..row.len()).filter(|&other| row[other]).collect();
            rows.into_iter().map(needed).collect()
        })
}

/// A process whose step `s<n>` refers to those that node n needs.
fn process(needs: &[Vec<usize>]) -> String {
    let mut text = String::from("daedal: v1\nname: graph\nsteps:\n");
    for (node, needed) in needs.iter().enumerate() {
        let fields: Vec<String> = needed
            .iter()
            .map(|other| format!("d{other}: \"{{{{ steps.s{other}.width }}}}\""))
            .collect();
        text.push_str(&format!(
            "  s{node}: {{ uses: sketch, with: {{ script: sketches/coast.js, data: {{ {} }} }} }}\n",
            fields.join(", ")
        ));
    }
    text
}

proptest! {
    /// Either every node stands behind what it needs, or cycles are named that hold all of them up.
    #[test]
    fn a_graph_has_an_order_or_named_cycles(needs in graphs()) {
        match graph::order(&needs) {
            Ok(order) => {
                let place = |node: usize| order.iter().position(|&other| other == node);
                prop_assert_eq!(order.len(), needs.len());
                for (node, needed) in needs.iter().enumerate() {
                    prop_assert!(needed.iter().all(|&other| place(other) < place(node)));
                }
            }
            Err(cycles) => {
                let mut rest = needs.clone();
                prop_assert!(!cycles.is_empty());
                for cycle in &cycles {
                    for (position, &node) in cycle.iter().enumerate() {
                        let next = cycle[(position + 1) % cycle.len()];
                        prop_assert!(needs[node].contains(&next), "{:?} is no cycle", cycle);
                        rest[node].retain(|&other| other != next);
                    }
                }
                prop_assert!(graph::order(&rest).is_ok(), "a cycle is not named: {:?}", rest);
            }
        }
    }

    /// The plan of an acyclic process follows its references, and the first step that can stand
    /// next does; the mistakes of any other name its cycles.
    #[test]
    fn a_process_is_planned_in_dependency_order_or_its_cycles_are_told(needs in graphs()) {
        let needs: Vec<Vec<usize>> = needs
            .into_iter()
            .enumerate()
            .map(|(node, needed)| needed.into_iter().filter(|&other| other != node).collect())
            .collect();
        let built = build("process.yaml", process(&needs).as_bytes(), &files(), &engines());
        match (graph::order(&needs), built) {
            (Ok(order), Ok(planned)) => {
                let names: Vec<String> = order.iter().map(|node| format!("s{node}")).collect();
                let nodes = &planned.plan.nodes;
                prop_assert!(nodes.iter().map(|node| &*node.path).eq(names.iter()));
                for (position, node) in nodes.iter().enumerate() {
                    prop_assert_eq!(node.dependencies.len(), needs[order[position]].len());
                    for &other in &node.dependencies {
                        prop_assert!(other < position);
                        prop_assert!(nodes[other].dependents.contains(&position));
                    }
                }
            }
            (Err(cycles), Err(mistakes)) => {
                let told: Vec<&str> =
                    mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
                prop_assert_eq!(told.len(), cycles.len());
                for cycle in cycles {
                    let way: Vec<String> =
                        cycle.iter().chain(&cycle[..1]).map(|node| format!("s{node}")).collect();
                    let way = way.join(" -> ");
                    prop_assert!(told.iter().any(|message| message.ends_with(&way)), "{}", way);
                }
            }
            (order, built) => prop_assert!(false, "{order:?} but {:?}", built.map(|planned| planned.plan)),
        }
    }
}
