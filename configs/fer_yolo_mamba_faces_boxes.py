"""More faces to find and more pictures without: for the regression branch.

tools/analysis/train_in_time.py trains it alone with --only, from weights that
name faces already; tools/README.md has the command.
"""

_base_ = './fer_yolo_mamba_faces.py'

train_dataloader = dict(
    dataset=dict(
        mosaic=0.10,
        sources=[
            dict(
                share=0.10,
                max_faces=22,
                face_size=(30, 290),
                **_base_.fer_pasted,
            ),
            dict(
                share=0.07,
                max_faces=4,
                face_size=(70, 310),
                **_base_.fer_pasted,
            ),
            dict(share=0.08, rarity=0.4, **_base_.fer_photographs),
            dict(share=0.15, **_base_.fer_scenes),
            dict(share=0.28, face_size=(9, 64), **_base_.fer_scenes),
            dict(share=0.32, **_base_.fer_no_faces),
        ],
    )
)
optim_wrapper = dict(optimizer=dict(lr=0.001, weight_decay=0.01))
