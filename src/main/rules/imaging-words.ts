/** Words of imaging that stand where a name could: `DR CHEST` is a radiograph, `Dr Chester` a person. */

/** Folded (see `foldText`), in English, German, French, Spanish and Italian. */
export const IMAGING_WORDS: ReadonlySet<string> = new Set(
  `
  abdomen abdominal abdomine acetabulum adc adrenal angio angiography angiographie ankle ant anterior aorta aortic ap
  apical arm arms artery arterial arterielle arthro articulation atlas ax axial axiale axilla axis base bassin bauch
  becken bein bilateral biopsy bladder bone bones bowel brain brazo breast bronchi brust bwk cabeza caput cardiac cardio
  carotid carpal cav cava cavity ceco cerebral cerebrum cervical cervicale cest chest cheville clavicle coccyx colon
  colonna columna contrast cor corazon coronal coronale coronary cou coude coxa cr craneo cranial cranio cranium crane
  ct cta cuello cuore cxr decub dental dexa diagnostic diffusion digital dixon doppler dorsal dti dual dwi dx dynamic
  echo elbow ellbogen epi ep epaule esophagus espalda est exam examen examination extremity eye eyes face facial fast fat
  feet femoral femur fibula finger fingers flair foie foot forearm fossa fs fuss gehirn genou gland gomito gradient gre
  hals hand hands haste head heart hemi herz hip hips hirn hombro huft huefte hufte humerus hws iliac image imaging
  index infusion inguinal ir irm iv jaw joint joints kidney kidneys kiefer knee knees knie knochel kontrast kopf kub
  lat lateral laterale leber left leg legs lendenwirbelsaule liver localizer localiser lomb lombaire loop low lower
  lumbal lumbar lumbosacral lunge lung lungs lws mamma mammo mammography mandible mandibula mano mastoid maxilla md mdct
  meso mid mip mitral mpr mpr mr mra mri mrt muscle nasal nativ native neck neonatal neuro nod non oblique occipital oesophagus
  ophthalmic orbit orbita orbital ovary pa pancreas panorama paranasal patella pd pdfs pediatric pelvis pelvic pelvi
  penis perfusion perianal pied pierna pituitary pleura portal post posterior poumon pre prostata prostate protocol
  pulmonary pulmonar radius raw rechts recon rectum rein relax renal report resting retina rib ribs right rodilla
  rotator rx sacral sacroiliac sacrum sag sagittal sagittale scan scanner scapula schadel schulter scout screening scrotum
  se sella sense serie series shoulder shunt si sinus skull small smart soft spalla spine spinal spin spleen splenic
  sprunggelenk standard steiss stern sternum stirn stomach study subclavian survey swi t tac temporal test tete testis
  thigh thin thorax thoracic thoracique thrombus thumb thymus thyroid tibia tirm tissue toe toes tof tomo torace torax
  trachea transversal tse tumor ulna ultrasound untersuchung upper ureter urethra us uterus vagina valve vascular
  ventral ventricle venous ventre vertebra vertebral view vessel wirbel wirbelsaule whole wrist xa xr zahn zahne
  and avec che con de del for from mit ohne off on or oder par per por pour sans sin sobre sous sur sulla the to und
  under von vor with without before after nach follow fu
  addison alzheimer basedow bechterew biceps boeck crohn cushing deltoideus dupuytren gastrocnemius hodgkin kienbock
  ledderhose masseter meniere menetrier osgood paget parkinson perthes piriformis psoas quadriceps raynaud scheuermann
  soleus sudeck trapezius triceps whipple wilson
  `
    .trim()
    .split(/\s+/),
);
