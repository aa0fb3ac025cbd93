use serde_json::{Value, json};

use super::Plan;
use crate::Error;
use crate::config::Json;

fn plan(said: Value) -> Result<Plan, Error> {
    Plan::new(&Json {
        path: "scheduler/scheduler_config.json".to_owned(),
        said,
    })
}

fn times(class: &str, spacing: &str, steps: usize) -> Vec<f64> {
    let said = json!({
        "_class_name": class, "timestep_spacing": spacing, "steps_offset": 1, "skip_prk_steps": true,
    });
    let schedule = plan(said).unwrap().schedule(steps).unwrap();
    schedule.times().to_vec()
}

/// As `set_timesteps(4)` of diffusers 0.42 gives them.
#[test]
fn times_are_those_of_diffusers() {
    assert_eq!(
        times("DDIMScheduler", "leading", 4),
        [751.0, 501.0, 251.0, 1.0]
    );
    assert_eq!(
        times("DDIMScheduler", "trailing", 4),
        [999.0, 749.0, 499.0, 249.0]
    );
    assert_eq!(
        times("DDIMScheduler", "linspace", 4),
        [999.0, 666.0, 333.0, 0.0]
    );
    assert_eq!(
        times("EulerDiscreteScheduler", "linspace", 3),
        [999.0, 499.5, 0.0]
    );
    assert_eq!(
        times("EulerAncestralDiscreteScheduler", "trailing", 1),
        [999.0]
    );
    assert_eq!(
        times("PNDMScheduler", "leading", 4),
        [751.0, 501.0, 501.0, 251.0, 1.0]
    );
    assert_eq!(times("PNDMScheduler", "leading", 1), [1.0]);
}

#[test]
fn what_is_not_known_is_refused_with_what_is() {
    let told = |said: Value| plan(said).unwrap_err().to_string();
    let class = told(json!({ "_class_name": "UniPCMultistepScheduler" }));
    assert!(
        class.contains("UniPCMultistepScheduler") && class.contains("DDIMScheduler"),
        "{class}"
    );
    for (class, field, value) in [
        ("PNDMScheduler", "skip_prk_steps", json!(false)),
        ("DDIMScheduler", "thresholding", json!(true)),
        ("DDIMScheduler", "trained_betas", json!([0.1])),
        ("DDIMScheduler", "rescale_betas_zero_snr", json!(true)),
        ("DDIMScheduler", "prediction_type", json!("flow")),
        ("EulerDiscreteScheduler", "use_karras_sigmas", json!(true)),
        ("EulerDiscreteScheduler", "timestep_spacing", json!("log")),
        (
            "EulerAncestralDiscreteScheduler",
            "beta_schedule",
            json!("exp"),
        ),
        ("DDIMScheduler", "num_train_timesteps", json!(1)),
    ] {
        let told = told(json!({ "_class_name": class, field: value }));
        assert!(
            told.contains(field) && told.contains("scheduler_config.json"),
            "{told}"
        );
    }
}

#[test]
fn more_steps_than_times_are_refused() {
    for class in ["DDIMScheduler", "EulerDiscreteScheduler"] {
        for spacing in ["leading", "trailing", "linspace"] {
            let said = json!({ "_class_name": class, "timestep_spacing": spacing, "num_train_timesteps": 10 });
            let plan = plan(said).unwrap();
            assert!(plan.schedule(10).is_ok(), "{class} {spacing}");
            let told = plan.schedule(11).err().unwrap().to_string();
            assert!(
                told.contains("10 times") && told.contains("11 `steps`"),
                "{told}"
            );
        }
    }
}
